import { OperationalError } from '../primitives/operational-error.ts'
import { didYouMean } from '../settings/suggestion.ts'
import type { Command } from './command.ts'

/** What a command line asks for. */
export type Call =
  | { readonly kind: 'version' }
  | { readonly kind: 'overview' | 'incomplete'; readonly commands: readonly Command[] }
  | { readonly kind: 'help'; readonly command: Command }
  | { readonly kind: 'run'; readonly command: Command; readonly args: readonly string[] }

/** Finds the command with the most leading words. Throws USAGE_INVALID, with a suggestion, where there is none. */
export function findCommand(commands: readonly Command[], args: readonly string[]): Call {
  const [first, second] = args
  if (first === undefined) return { kind: 'incomplete', commands }
  if (first === '--version' || first === '-V') return { kind: 'version' }
  if (isHelp(first) || first === 'help') return { kind: 'overview', commands }
  const twoWords = commands.find(({ name }) => name === `${first} ${second}`)
  const command = twoWords ?? commands.find(({ name }) => name === first)
  if (command) {
    const rest = args.slice(twoWords ? 2 : 1)
    return rest.some(isHelp) ? { kind: 'help', command } : { kind: 'run', command, args: rest }
  }
  const group = commands.filter(({ name }) => name.startsWith(`${first} `))
  if (group.length > 0 && second === undefined) return { kind: 'incomplete', commands: group }
  if (group.length > 0 && second !== undefined && isHelp(second)) return { kind: 'overview', commands: group }
  const given = group.length > 0 ? `${first} ${second}` : first
  const known = group.length > 0 ? group : commands
  const names = new Set(known.flatMap(({ name }) => (group.length > 0 ? [name] : [name, name.split(' ', 1)[0] as string])))
  const message = `There is no command ${JSON.stringify(given.slice(0, 60))}.${didYouMean(given, names)}`
  throw new OperationalError('USAGE_INVALID', message, { hint: 'See `synod --help`.' })
}

function isHelp(word: string): boolean {
  return word === '--help' || word === '-h'
}
