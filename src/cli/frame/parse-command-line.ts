import { parseArgs } from 'node:util'
import { OperationalError } from '../../primitives/operational-error.ts'
import { didYouMean } from '../../settings/suggestion.ts'
import type { Command, Option } from './command.ts'

/** The command that the words name, and the words that follow; none when they name a group, or nothing. */
export interface FoundCommand {
  readonly command: Command | undefined
  /** The first words as far as they name something: `keys`, in `keys --help`. */
  readonly group: string
  readonly rest: readonly string[]
}

/** Finds the command with the most leading words. Throws CLI_UNKNOWN_COMMAND with a suggestion. */
export function findCommand(commands: readonly Command[], words: readonly string[]): FoundCommand {
  const [first = '', second = ''] = words
  if (first === '' || first.startsWith('-')) return { command: undefined, group: '', rest: words }
  const two = commands.find(({ name }) => name === `${first} ${second}`)
  if (two) return { command: two, group: two.name, rest: words.slice(2) }
  const one = commands.find(({ name }) => name === first)
  if (one) return { command: one, group: one.name, rest: words.slice(1) }
  const members = commands.filter(({ name }) => name.startsWith(`${first} `))
  if (members.length > 0 && (second === '' || second.startsWith('-')))
    return { command: undefined, group: first, rest: words.slice(1) }
  const given = members.length > 0 ? `${first} ${second}` : first
  const known =
    members.length > 0
      ? members.map(({ name }) => name)
      : [...new Set(commands.flatMap(({ name }) => [name, name.split(' ')[0] as string]))]
  throw new OperationalError('CLI_UNKNOWN_COMMAND', `There is no command ${quoted(given)}.${didYouMean(given, known)}`)
}

export interface ParsedLine {
  readonly options: Readonly<Record<string, unknown>>
  readonly arguments: readonly string[]
}

/** Options every command has. */
export const commonOptions = { help: { type: 'flag', summary: 'Show this help' } } as const satisfies Record<string, Option>

/** Reads a command's options and arguments. Throws CLI_UNKNOWN_OPTION or USAGE_INVALID. */
export function parseCommandLine(command: Command, words: readonly string[]): ParsedLine {
  const options: Readonly<Record<string, Option>> = { ...command.options, ...commonOptions }
  const declared = Object.fromEntries(
    Object.entries(options).map(([name, { type }]) => [
      name,
      {
        type: type === 'flag' ? ('boolean' as const) : ('string' as const),
        multiple: true,
        ...(name === 'help' && { short: 'h' }),
      },
    ]),
  )
  const { tokens } = parseArgs({ args: [...words], options: declared, strict: false, allowPositionals: true, tokens: true })
  const given = new Map<string, (string | boolean)[]>()
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    if (!option) throw unknownOption(command, token.rawName, Object.keys(options))
    const value = option.type === 'flag' ? flagValue(token.rawName, token.value) : textValue(token.rawName, token.value)
    given.set(token.name, [...(given.get(token.name) ?? []), value])
  }
  const help = given.has('help')
  const read = Object.entries(options).map(([name, option]) => [name, readOption(name, option, given.get(name) ?? [], help)])
  if (!help) checkArguments(command, positionals)
  return { options: Object.fromEntries(read), arguments: positionals }
}

function readOption(name: string, option: Option, given: readonly (string | boolean)[], help: boolean): unknown {
  const values = given.map((value) => (typeof value === 'string' ? readValue(name, option, value) : value))
  if (option.repeated) return values
  if (values.length > 1) throw usage(`--${name} is given ${values.length} times.`)
  if (option.type === 'flag') return values[0] ?? false
  if (values.length === 0 && option.required && !help) throw usage(`--${name} is missing: ${option.summary.toLowerCase()}.`)
  return values[0] ?? option.standard
}

function readValue(name: string, option: Option, text: string): string | number {
  if (option.choices && !option.choices.includes(text)) {
    throw usage(`--${name} is ${quoted(text)}; it must be ${option.choices.join(' or ')}.${didYouMean(text, option.choices)}`)
  }
  if (option.type !== 'integer') return text
  const value = /^-?[0-9][0-9_]*$/.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = option
  if (!Number.isSafeInteger(value)) throw usage(`--${name} is ${quoted(text)}; it must be an integer.`)
  if (value < min || value > max)
    throw usage(`--${name} is ${value}; it must be ${max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `${min} to ${max}`}.`)
  return value
}

function checkArguments(command: Command, given: readonly string[]): void {
  const declared = command.arguments ?? []
  const missing = declared.filter(({ optional }) => !optional)[given.length]
  if (missing) throw usage(`synod ${command.name} needs <${missing.name}>: ${missing.summary.toLowerCase()}.`)
  const extra = given[declared.length]
  if (extra !== undefined) throw usage(`synod ${command.name} does not take ${quoted(extra)}.`)
}

function flagValue(rawName: string, value: string | undefined): boolean {
  if (value === undefined) return true
  throw usage(`${rawName} takes no value.`)
}

function textValue(rawName: string, value: string | undefined): string {
  if (value !== undefined) return value
  throw usage(`${rawName} needs a value.`)
}

function unknownOption(command: Command, rawName: string, known: readonly string[]): OperationalError {
  const meant = didYouMean(rawName.replace(/^-+/, ''), known).replace('mean ', 'mean --')
  return new OperationalError('CLI_UNKNOWN_OPTION', `synod ${command.name} has no option ${quoted(rawName)}.${meant}`)
}

function usage(message: string): OperationalError {
  return new OperationalError('USAGE_INVALID', message)
}

/** What somebody typed, kept from drawing on the terminal. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
