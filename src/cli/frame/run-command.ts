import { OperationalError } from '../../primitives/operational-error.ts'
import type { Command, Console } from './command.ts'
import { commandHelp, commandsHelp } from './help.ts'
import { findCommand, parseCommandLine } from './parse-command-line.ts'
import { renderError, renderErrorJson } from './render-error.ts'

const exitSoftware = 70

/** Runs what the words ask for and resolves to the exit status. Throws nothing. */
export async function runCommand(commands: readonly Command[], words: readonly string[], console: Console): Promise<number> {
  try {
    const { command, group, rest } = findCommand(commands, words)
    if (command === undefined) return help(commands, group, rest, console)
    const parsed = parseCommandLine(command, rest)
    if (parsed.options['help'] === true) {
      console.out(commandHelp(command))
      return 0
    }
    return await command.run({ ...parsed, console, commands } as Parameters<Command['run']>[0])
  } catch (error) {
    return report(error, words.includes('--json'), console)
  }
}

/** Asked for, help is a result; in place of a command that is missing, it is an error. */
function help(commands: readonly Command[], group: string, rest: readonly string[], console: Console): number {
  const asked = rest.length === 0 ? group === '' : rest[0] === '--help' || rest[0] === '-h'
  if (rest.length > 0 && !asked) throw new OperationalError('USAGE_INVALID', `A command comes before ${JSON.stringify(rest[0])}.`)
  if (asked) console.out(commandsHelp(commands, group))
  else console.err(commandsHelp(commands, group))
  return asked ? 0 : 64
}

/** With --json an error is part of the answer; otherwise it stays out of what a pipe carries. */
function report(error: unknown, json: boolean, console: Console): number {
  if (error instanceof OperationalError) {
    if (json) console.out(renderErrorJson(error))
    else console.err(renderError(error))
    return error.exit
  }
  const told = error instanceof Error ? (error.stack ?? error.message) : String(error)
  console.err(`This is a fault of Synod itself, not yours. Please report it with these lines:\n${told}\n`)
  return exitSoftware
}
