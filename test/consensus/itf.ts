/** Reads traces in the Informal Trace Format of Quint and Apalache, as plain values. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const folder = resolve(import.meta.dirname, '../../../shared/vectors/consensus')
export const haveTraces = existsSync(folder)

export interface Trace {
  readonly name: string
  readonly states: readonly Readonly<Record<string, unknown>>[]
}

/** The traces whose file name begins so; none when the vectors are not on this machine. */
export function traces(prefix: string): readonly Trace[] {
  if (!haveTraces) return []
  const names = readdirSync(folder).filter((name) => name.startsWith(prefix))
  return names.map((name) => ({
    name,
    states: plain(JSON.parse(readFileSync(join(folder, name), 'utf8')).states) as Trace['states'],
  }))
}

/** Integers become numbers, tuples and sets arrays, maps arrays of pairs, and variants `{ tag, value }`. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const object = value as Readonly<Record<string, unknown>>
  if ('#bigint' in object) return Number(object['#bigint'])
  for (const wrapper of ['#tup', '#set', '#map']) if (wrapper in object) return plain(object[wrapper])
  const entries = Object.entries(object).filter(([key]) => key !== '#meta')
  return Object.fromEntries(entries.map(([key, inner]) => [key, plain(inner)]))
}
