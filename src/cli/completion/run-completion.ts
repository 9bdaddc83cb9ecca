import { OperationalError } from '../../primitives/operational-error.ts'
import { didYouMean } from '../../settings/suggestion.ts'
import type { Command, Console } from '../frame/command.ts'
import { bashCompletion } from './bash.ts'
import { fishCompletion } from './fish.ts'
import { zshCompletion } from './zsh.ts'

const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const

export async function runCompletion(invocation: {
  readonly arguments: readonly string[]
  readonly console: Console
  readonly commands: readonly Command[]
}): Promise<number> {
  const [shell = ''] = invocation.arguments
  if (!isShell(shell)) {
    const meant = didYouMean(shell, Object.keys(scripts))
    throw new OperationalError('USAGE_INVALID', `There is a script for ${Object.keys(scripts).join(', ')}.${meant}`)
  }
  invocation.console.out(scripts[shell](invocation.commands))
  return 0
}

function isShell(text: string): text is keyof typeof scripts {
  return Object.hasOwn(scripts, text)
}
