import { benchCommand } from './commands/bench.ts'
import { devnetCommand } from './commands/devnet.ts'
import { initCommand } from './commands/init.ts'
import { startCommand } from './commands/start.ts'
import type { Command } from './frame/command.ts'

/** Every command, in the order of the help. A declaration imports nothing heavy: the code behind it is loaded when it is run. */
export const commands: readonly Command[] = [devnetCommand, initCommand, startCommand, benchCommand]
