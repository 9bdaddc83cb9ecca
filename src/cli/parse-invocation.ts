import { parseArgs } from 'node:util'
import { OperationalError } from '../primitives/operational-error.ts'
import { suggestion } from '../settings/suggestion.ts'
import type { Command, Invocation } from './command.ts'

/** Options every command has. */
export const commonOptions = {
  help: { summary: 'Show this help.', short: 'h' },
  json: { summary: 'Answer in JSON.' },
} as const

/** Checks arguments against a command's declaration. Throws USAGE_INVALID naming what is wrong and what may be meant. */
export function parseInvocation(command: Command, args: readonly string[]): Invocation {
  const declared = { ...command.options, ...commonOptions }
  const options = Object.fromEntries(
    Object.entries(declared).map(([name, option]) => [
      name,
      {
        type: 'value' in option && option.value !== undefined ? ('string' as const) : ('boolean' as const),
        multiple: true as const,
        ...('short' in option && option.short !== undefined && { short: option.short }),
      },
    ]),
  )
  const { values, positionals, tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true })
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const option = options[token.name]
    if (!option) throw unknown(command, token.rawName, Object.keys(declared))
    if (option.type === 'string' && token.value === undefined) throw usage(command, `Option ${token.rawName} needs a value.`)
    if (option.type === 'boolean' && token.value !== undefined) throw usage(command, `Option ${token.rawName} takes no value.`)
  }
  const expected = command.positionals ?? []
  const needed = expected.filter((name) => !name.startsWith('['))
  if (positionals.length < needed.length) throw usage(command, `It needs ${needed.join(' and ')}.`)
  if (positionals.length > expected.length) throw usage(command, `It does not take ${JSON.stringify(positionals[expected.length])}.`)

  const texts = (name: string) => ((values[name] ?? []) as readonly (string | boolean)[]).map(String)
  return {
    positionals,
    flag: (name) => (values[name] as readonly unknown[] | undefined)?.at(-1) === true,
    text: (name) => texts(name).at(-1),
    texts,
    integer(name, { min, max }) {
      const text = texts(name).at(-1)
      if (text === undefined) return undefined
      const number = Number(text)
      if (!/^[0-9]+$/.test(text) || number < min || number > max) {
        throw usage(command, `--${name} takes a whole number from ${min} to ${max}, not ${JSON.stringify(text)}.`)
      }
      return number
    },
    out: (text) => void process.stdout.write(text.endsWith('\n') ? text : `${text}\n`),
    note: (text) => void process.stderr.write(text.endsWith('\n') ? text : `${text}\n`),
  }
}

function unknown(command: Command, name: string, known: readonly string[]): OperationalError {
  const near = suggestion(name.replace(/^-+/, ''), known)
  return usage(command, `Unknown option ${name}.${near === undefined ? '' : ` Did you mean --${near}?`}`)
}

export function usage(command: Pick<Command, 'name'>, message: string): OperationalError {
  return new OperationalError('USAGE_INVALID', message, { where: `synod ${command.name}`, hint: `See \`synod ${command.name} --help\`.` })
}
