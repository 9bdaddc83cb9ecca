import { parse, TomlDate, TomlError } from 'smol-toml'
import { type Checked, faulty } from './setting-fault.ts'
import { type LineOf, tomlLines } from './toml-lines.ts'

/** A TOML file that has been parsed but not checked. */
export interface TomlDocument {
  /** The file's name, as errors show it. */
  readonly where: string
  /** Dates are ISO 8601 texts. */
  readonly values: Readonly<Record<string, unknown>>
  readonly lineOf: LineOf
}

const depthMax = 16

/** Faults with CONFIG_SYNTAX, naming the line. */
export function parseToml(text: string, where: string): Checked<TomlDocument> {
  try {
    const values = parse(text, { maxDepth: depthMax, unsafeKeyBehaviour: 'throw' })
    return { ok: true, value: { where, values: plain(values) as Record<string, unknown>, lineOf: tomlLines(text) } }
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const message = `${(error.message.split('\n')[0] as string).replace(/^Invalid TOML document: /, '')}.`
    return faulty({
      code: 'CONFIG_SYNTAX',
      message: message.charAt(0).toUpperCase() + message.slice(1),
      where: `${where}:${error.line}`,
    })
  }
}

function plain(value: unknown): unknown {
  if (value instanceof TomlDate) return value.toISOString()
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}
