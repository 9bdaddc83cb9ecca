/**
 * A list that is told again and again, and hardly changes: after the first time only what was added and removed travels, against the
 * version that the other side is known to have. Who does not have that version says so and is told everything.
 */
import { ok, type Result } from '../primitives/result.ts'

/** Entries by key. Immutable. */
export interface ListVersion<T> {
  readonly version: number
  readonly entries: ReadonlyMap<string, T>
}

export interface FullList<T> {
  readonly type: 'full'
  readonly version: number
  readonly entries: readonly T[]
}

export interface ListDelta<T> {
  readonly type: 'delta'
  readonly base: number
  readonly version: number
  /** New ones, and changed ones as they are now. */
  readonly added: readonly T[]
  /** Keys. */
  readonly removed: readonly string[]
}

/** The next version, or the same one when nothing changed. */
export function nextVersion<T>(
  last: ListVersion<T> | undefined,
  entries: ReadonlyMap<string, T>,
  same: (left: T, right: T) => boolean,
): ListVersion<T> {
  if (!last) return { version: 1, entries }
  const { added, removed } = changes(last.entries, entries, same)
  return added.length + removed.length === 0 ? last : { version: last.version + 1, entries }
}

/** What to tell somebody who has `base`; everything when that is shorter, or when they have nothing. */
export function changeFrom<T>(
  base: ListVersion<T> | undefined,
  next: ListVersion<T>,
  same: (left: T, right: T) => boolean,
): FullList<T> | ListDelta<T> {
  const full: FullList<T> = { type: 'full', version: next.version, entries: [...next.entries.values()] }
  if (!base) return full
  const { added, removed } = changes(base.entries, next.entries, same)
  if (added.length + removed.length >= next.entries.size) return full
  return { type: 'delta', base: base.version, version: next.version, added, removed }
}

/** What a change makes of the version one has: `unknown-base` when it was made for another one. Refused: what no honest sender says. */
export function applyChange<T>(
  held: ListVersion<T> | undefined,
  change: FullList<T> | ListDelta<T>,
  { keyOf, entriesMax }: { keyOf: (entry: T) => string; entriesMax: number },
): Result<ListVersion<T> | 'unknown-base'> {
  if (change.type === 'delta' && change.base !== held?.version) return ok('unknown-base')
  const entries = new Map(change.type === 'delta' ? held?.entries : [])
  const added = change.type === 'delta' ? change.added : change.entries
  for (const key of change.type === 'delta' ? change.removed : []) {
    if (!entries.delete(key)) return refused('removes what is not there')
  }
  const named = new Set<string>(change.type === 'delta' ? change.removed : [])
  for (const entry of added) {
    const key = keyOf(entry)
    if (named.has(key)) return refused('names an entry twice')
    named.add(key)
    entries.set(key, entry)
  }
  if (entries.size > entriesMax) return refused(`has more than ${entriesMax} entries`)
  if (held && change.version <= held.version) return refused('goes back to an earlier version')
  return ok({ version: change.version, entries })
}

function changes<T>(from: ReadonlyMap<string, T>, to: ReadonlyMap<string, T>, same: (left: T, right: T) => boolean) {
  const added: T[] = []
  for (const [key, entry] of to) {
    const before = from.get(key)
    if (before === undefined || !same(before, entry)) added.push(entry)
  }
  return { added, removed: [...from.keys()].filter((key) => !to.has(key)) }
}

function refused(detail: string): Result<never> {
  return { ok: false, error: { code: 'PEER_LIST_INVALID', detail } }
}
