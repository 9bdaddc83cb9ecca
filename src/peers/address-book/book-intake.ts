import type { Bytes } from '../../primitives/bytes.ts'
import type { DialTarget } from '../dial-target.ts'
import { isTerrible } from './book-entry.ts'
import { newSlotsOf, newTable } from './book-layout.ts'
import type { StandingEntry, Tables } from './tables.ts'

/** Who told. */
export interface BookSource {
  readonly host: string
  readonly group: string
}

export interface Told {
  readonly target: DialTarget
  readonly source: BookSource
  readonly now: number
  readonly seenAt: number
  readonly chance: () => number
}

export type Learnt = 'new' | 'known' | 'no room'

/** At one host several nodes may listen, and each by several transports; one that claims more is not believed. */
export const perSiteMax = 4

/**
 * Puts what was told into `new`, where there is room: nobody makes room there for a newcomer but who is not worth the place, or stands in
 * several. So whoever tells much does not push out what others told.
 */
export function takeIn(tables: Tables, secret: Bytes, { target, source, now, seenAt, chance }: Told): Learnt {
  const known = tables.get(target.address)
  if (known) {
    known.seenAt = Math.max(known.seenAt, seenAt)
    if (known.triedSlot !== undefined || known.newSlots.length >= newTable.slotsPerAddressMax) return 'known'
    // The more often an address stands in the book, the harder it becomes to put it there once more.
    if (chance() >= 1 / 2 ** known.newSlots.length) return 'known'
  }
  const slots = newSlotsOf(secret, target, source.group)
  if (known && slots.some((slot) => known.newSlots.includes(slot))) return 'known'
  const slot = tables.findNew(slots, now)
  const incumbent = tables.newAt(slot)
  const yields = !incumbent || isTerrible(incumbent, now) || (!known && incumbent.newSlots.length > 1)
  if (!yields) return known ? 'known' : 'no room'
  const own = source.host === target.host
  if (!known && !makesRoom(tables, target, own)) return 'no room'
  tables.placeNew(known ?? newcomer(target, own, seenAt), slot)
  return known ? 'known' : 'new'
}

/** Whether a site that is full makes room: for what its own host says of itself, instead of what others said of it. */
function makesRoom(tables: Tables, target: DialTarget, own: boolean): boolean {
  const neighbours = target.kind === 'other' ? [] : tables.ofSite(target.site)
  if (neighbours.length < perSiteMax) return true
  const unproven = neighbours.find((entry) => entry.triedSlot === undefined && !entry.own)
  if (!own || !unproven) return false
  tables.remove(unproven)
  return true
}

function newcomer(target: DialTarget, own: boolean, seenAt: number): StandingEntry {
  const never = Number.NEGATIVE_INFINITY
  return { target, own, seenAt, succeededAt: never, failures: 0, failedAt: never, newSlots: [], triedSlot: undefined }
}
