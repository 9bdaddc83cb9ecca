import type { Bytes } from '../../primitives/bytes.ts'
import type { DialTarget } from '../dial-target.ts'
import { type BookEntry, countsAsFailure, isTerrible } from './book-entry.ts'
import { type BookSource, type Learnt, takeIn } from './book-intake.ts'
import { newSlotsOf, triedSlotsOf } from './book-layout.ts'
import { createCollisions } from './collisions.ts'
import { createTables, type StandingEntry } from './tables.ts'

/**
 * Where nodes can be dialled, as far as this one heard (`new`) and as far as it was there itself (`tried`), after the address manager of
 * Bitcoin Core. What an attacker can put in is bounded by the network groups it speaks from and those its addresses lie in, not by how
 * much it says; what is in `tried` makes room for nobody before it was tested again. Pure: time and chance are passed in.
 */
export interface AddressBook {
  readonly secret: Bytes
  readonly size: { readonly new: number; readonly tried: number }
  /** Takes in what somebody told. `seenAt`: when a node was seen there, as far as is known. */
  learn(
    target: DialTarget,
    source: BookSource,
    seen: { readonly now: number; readonly seenAt?: number },
    chance: () => number,
  ): Learnt
  /** A node answered there: the address belongs into `tried`, and is there unless another stands in its place, which is tested first. */
  reached(address: string, now: number): void
  /** Nobody answered. */
  failed(address: string, now: number): void
  /** The connection there still stood at this time. */
  seen(address: string, now: number): void
  forget(address: string): void
  get(address: string): BookEntry | undefined
  entries(): Iterable<BookEntry>
  /** Those worth dialling. */
  candidates(now: number): readonly BookEntry[]
  /** Addresses in `tried` that stand where others belong as well: to be dialled before one of them goes. */
  contested(now: number): readonly BookEntry[]
  /** A part of the book to tell others, drawn by lot. */
  sample(now: number, chance: () => number): readonly BookEntry[]
}

/**
 * The most of the book that is told at a time: less than a quarter, as with Bitcoin Core. It tells nothing of fewer than five addresses;
 * here that is one, since nodes behind NATs, whom nobody dials on hearing of them, have no other way into a chain of a handful of nodes.
 */
export const sampleBounds = { share: 0.23, total: 250 } as const

export function createAddressBook(secret: Bytes, kept: Iterable<BookEntry> = []): AddressBook {
  const tables = createTables(kept)
  const collisions = createCollisions()

  /** Into `tried`; who stood there goes back to `new`, as if it had been heard from its own network. */
  function promote(entry: StandingEntry, slot: number, now: number): void {
    const incumbent = tables.triedAt(slot)
    if (incumbent) tables.leaveTried(incumbent)
    tables.placeTried(entry, slot)
    if (!incumbent) return
    tables.placeNew(incumbent, tables.findNew(newSlotsOf(secret, incumbent.target, incumbent.target.group), now))
  }

  function reached(entry: StandingEntry, now: number): void {
    Object.assign(entry, { seenAt: now, succeededAt: now, failures: 0, failedAt: Number.NEGATIVE_INFINITY })
    if (entry.triedSlot !== undefined) return
    const slot = tables.findTried(triedSlotsOf(secret, entry.target), now)
    const incumbent = tables.triedAt(slot)
    if (incumbent && !isTerrible(incumbent, now)) collisions.note(entry.target.address, slot, now)
    else promote(entry, slot, now)
  }

  function settle(now: number): void {
    for (const { address, slot, verdict } of collisions.settle(now, tables.triedAt)) {
      const entry = tables.get(address)
      if (entry && entry.triedSlot === undefined && verdict === 'replace') promote(entry, slot, now)
    }
  }

  /** Does something to an entry, if there is one, and decides what depended on it. */
  function change(address: string, now: number, how: (entry: StandingEntry) => void): void {
    const entry = tables.get(address)
    if (!entry) return
    how(entry)
    settle(now)
  }

  const candidates = (now: number) => [...tables.entries()].filter((entry) => !isTerrible(entry, now))

  return {
    secret,
    get size() {
      return tables.size
    },
    learn: (target, source, { now, seenAt = now }, chance) =>
      takeIn(tables, secret, { target, source, now, seenAt: Math.min(seenAt, now), chance }),
    reached: (address, now) => change(address, now, (entry) => reached(entry, now)),
    failed: (address, now) =>
      change(address, now, (entry) => {
        if (countsAsFailure(entry, now)) Object.assign(entry, { failures: entry.failures + 1, failedAt: now })
      }),
    seen: (address, now) => change(address, now, (entry) => Object.assign(entry, { seenAt: now, succeededAt: now })),
    forget(address) {
      const entry = tables.get(address)
      if (entry) tables.remove(entry)
    },
    get: (address) => tables.get(address),
    entries: () => tables.entries(),
    candidates,
    contested(now) {
      settle(now)
      return collisions.slots().flatMap((slot) => tables.triedAt(slot) ?? [])
    },
    sample(now, chance) {
      const count = Math.min(sampleBounds.total, Math.max(1, Math.floor(tables.count * sampleBounds.share)))
      const lots = candidates(now).map((entry) => ({ entry, lot: chance() }))
      const drawn = lots.sort((left, right) => left.lot - right.lot).slice(0, count)
      return drawn.map(({ entry }) => entry)
    },
  }
}
