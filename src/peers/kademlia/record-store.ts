import { bytesKey } from '../../primitives/bytes.ts'
import { authorOf, type DirectoryRecord, isNewer } from './directory-record.ts'
import type { Place } from './distance.ts'

/**
 * The records a node keeps for others: the newest of each author, until it expires. Whoever brings them is bounded by network group,
 * for one place and in all, and where everything is full the group that brought most gives way.
 */
export interface RecordStore {
  readonly size: number
  /** `stale`: a newer one is kept. `full`: its group, or everything, has brought as much as fits. */
  put(place: Place, record: DirectoryRecord, group: string, now: number): 'kept' | 'known' | 'stale' | 'full'
  /** What has not expired, at most `count`, those that live longest first. */
  of(place: Place, count: number, now: number): readonly DirectoryRecord[]
  /** At most `count` records that nobody has brought since `before`, with their places; each is counted as brought now. */
  due(before: number, now: number, count: number): readonly { readonly place: Place; readonly record: DirectoryRecord }[]
  expire(now: number): void
}

export const recordBounds = { total: 4096, perGroup: 256, perPlace: 64, perGroupAtPlace: 4 } as const

interface Kept {
  readonly place: Place
  readonly record: DirectoryRecord
  readonly group: string
  broughtAt: number
}

export function createRecordStore(): RecordStore {
  const places = new Map<string, Map<string, Kept>>()
  const groups = new Map<string, number>()
  let size = 0

  function remove(key: string, author: string, kept: Kept): void {
    const at = places.get(key)
    if (!at?.delete(author)) return
    if (at.size === 0) places.delete(key)
    size -= 1
    const left = (groups.get(kept.group) ?? 1) - 1
    if (left === 0) groups.delete(kept.group)
    else groups.set(kept.group, left)
  }

  function add(key: string, author: string, kept: Kept): void {
    const at = places.get(key) ?? new Map<string, Kept>()
    places.set(key, at)
    at.set(author, kept)
    size += 1
    groups.set(kept.group, (groups.get(kept.group) ?? 0) + 1)
  }

  function* all(): Generator<[key: string, author: string, kept: Kept]> {
    for (const [key, at] of places) for (const [author, kept] of at) yield [key, author, kept]
  }

  /** The oldest of the group that brought most gives way, unless that is the newcomer's own. */
  function makeRoom(group: string): boolean {
    const [largest] = [...groups].sort((left, right) => right[1] - left[1])
    if (!largest || largest[1] <= (groups.get(group) ?? 0) + 1) return false
    for (const [key, author, kept] of all()) {
      if (kept.group !== largest[0]) continue
      remove(key, author, kept)
      return true
    }
    return false
  }

  function expire(now: number): void {
    for (const [key, author, kept] of all()) if (kept.record.expiresAt <= now) remove(key, author, kept)
  }

  return {
    get size() {
      return size
    },
    put(place, record, group, now) {
      const key = bytesKey(place)
      const author = authorOf(record)
      const at = places.get(key)
      const known = at?.get(author)
      if (known && !isNewer(record, known.record)) {
        if (record.sequence < known.record.sequence) return 'stale'
        known.broughtAt = now
        return 'known'
      }
      if (known) remove(key, author, known)
      else {
        const ofGroupHere = [...(at?.values() ?? [])].filter((kept) => kept.group === group).length
        if ((at?.size ?? 0) >= recordBounds.perPlace || ofGroupHere >= recordBounds.perGroupAtPlace) return 'full'
        if ((groups.get(group) ?? 0) >= recordBounds.perGroup) return 'full'
        if (size >= recordBounds.total) expire(now)
        if (size >= recordBounds.total && !makeRoom(group)) return 'full'
      }
      // Who first brought it keeps the account: a copy that comes by another way moves nothing.
      add(key, author, { place, record, group: known?.group ?? group, broughtAt: now })
      return 'kept'
    },
    of: (place, count, now) =>
      [...(places.get(bytesKey(place))?.values() ?? [])]
        .filter(({ record }) => record.expiresAt > now)
        .sort((left, right) => right.record.expiresAt - left.record.expiresAt)
        .slice(0, count)
        .map(({ record }) => record),
    due(before, now, count) {
      const isDue = (kept: Kept) => kept.broughtAt < before && kept.record.expiresAt > now
      const due = [...all()]
        .map(([, , kept]) => kept)
        .filter(isDue)
        .slice(0, count)
      for (const kept of due) kept.broughtAt = now
      return due.map(({ place, record }) => ({ place, record }))
    },
    expire,
  }
}
