import { attackCommand } from './commands/attack.ts'
import { backupCommand } from './commands/backup.ts'
import { bansCommands } from './commands/bans.ts'
import { benchCommand } from './commands/bench.ts'
import { completionCommand } from './commands/completion.ts'
import { configCommands } from './commands/config.ts'
import { devnetCommand } from './commands/devnet.ts'
import { dnsSeedCommand } from './commands/dns-seed.ts'
import { doctorCommand } from './commands/doctor.ts'
import { eventsCommand } from './commands/events.ts'
import { forkCommands } from './commands/fork.ts'
import { initCommand } from './commands/init.ts'
import { keysCommands } from './commands/keys.ts'
import { lightCommand } from './commands/light.ts'
import { peersCommands } from './commands/peers.ts'
import { recoveryCommands } from './commands/recovery.ts'
import { signerCommand } from './commands/signer.ts'
import { simulateCommand } from './commands/simulate.ts'
import { snapshotCommands } from './commands/snapshot.ts'
import { startCommand } from './commands/start.ts'
import { statusCommand } from './commands/status.ts'
import { traceCommand } from './commands/trace.ts'
import { txCommands } from './commands/tx.ts'
import { validatorCommands } from './commands/validator.ts'
import type { Command } from './frame/command.ts'

/** Every command, in the order of the help. A declaration imports nothing heavy: the code behind it is loaded when it is run. */
export const commands: readonly Command[] = [
  devnetCommand,
  initCommand,
  startCommand,
  statusCommand,
  doctorCommand,
  ...peersCommands,
  ...bansCommands,
  eventsCommand,
  traceCommand,
  ...txCommands,
  ...validatorCommands,
  signerCommand,
  ...keysCommands,
  ...configCommands,
  ...recoveryCommands,
  ...snapshotCommands,
  backupCommand,
  ...forkCommands,
  lightCommand,
  dnsSeedCommand,
  simulateCommand,
  benchCommand,
  attackCommand,
  completionCommand,
]
