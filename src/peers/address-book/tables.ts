import { assert } from '../../primitives/assert.ts'
import { type BookEntry, isTerrible } from './book-entry.ts'
import { newTable } from './book-layout.ts'

/** An entry that the book may change. */
export type StandingEntry = { -readonly [K in keyof BookEntry]: BookEntry[K] } & { newSlots: number[] }

/**
 * Both tables and who stands where. An entry stands in one to four slots of `new` or in one of `tried`, never in both, and a slot holds
 * one entry.
 */
export interface Tables {
  readonly count: number
  readonly size: { readonly new: number; readonly tried: number }
  get(address: string): StandingEntry | undefined
  newAt(slot: number): StandingEntry | undefined
  triedAt(slot: number): StandingEntry | undefined
  /** The first free slot, else the first whose entry is not worth its place, else the very first. */
  findNew(slots: readonly number[], now: number): number
  findTried(slots: readonly number[], now: number): number
  ofSite(site: string): readonly StandingEntry[]
  entries(): Iterable<StandingEntry>
  /** Puts an entry into a slot of `new`, which whoever stood there loses. */
  placeNew(entry: StandingEntry, slot: number): void
  /** Puts an entry into a free slot of `tried`, and out of `new`. */
  placeTried(entry: StandingEntry, slot: number): void
  /** The entry then stands nowhere, and has to be placed again. */
  leaveTried(entry: StandingEntry): void
  remove(entry: StandingEntry): void
}

export function createTables(kept: Iterable<BookEntry>): Tables {
  const byAddress = new Map<string, StandingEntry>()
  const bySite = new Map<string, Set<StandingEntry>>()
  const fresh = new Map<number, StandingEntry>()
  const tried = new Map<number, StandingEntry>()
  for (const entry of kept) restore(entry)

  function restore(given: BookEntry): void {
    const entry: StandingEntry = { ...given, newSlots: [...given.newSlots] }
    index(entry)
    for (const slot of entry.newSlots) fresh.set(slot, entry)
    if (entry.triedSlot !== undefined) tried.set(entry.triedSlot, entry)
  }

  function index(entry: StandingEntry): void {
    const { address, site } = entry.target
    byAddress.set(address, entry)
    const neighbours = bySite.get(site) ?? new Set()
    bySite.set(site, neighbours.add(entry))
  }

  function remove(entry: StandingEntry): void {
    for (const slot of entry.newSlots) fresh.delete(slot)
    entry.newSlots = []
    leaveTried(entry)
    byAddress.delete(entry.target.address)
    const neighbours = bySite.get(entry.target.site)
    neighbours?.delete(entry)
    if (neighbours?.size === 0) bySite.delete(entry.target.site)
  }

  function clearNew(slot: number): void {
    const entry = fresh.get(slot)
    if (!entry) return
    fresh.delete(slot)
    entry.newSlots = entry.newSlots.filter((other) => other !== slot)
    if (entry.newSlots.length === 0) remove(entry)
  }

  function leaveTried(entry: StandingEntry): void {
    if (entry.triedSlot !== undefined) tried.delete(entry.triedSlot)
    entry.triedSlot = undefined
  }

  return {
    get count() {
      return byAddress.size
    },
    get size() {
      return { new: byAddress.size - tried.size, tried: tried.size }
    },
    get: (address) => byAddress.get(address),
    findNew: (slots, now) => findSlot(fresh, slots, now),
    findTried: (slots, now) => findSlot(tried, slots, now),
    newAt: (slot) => fresh.get(slot),
    triedAt: (slot) => tried.get(slot),
    ofSite: (site) => [...(bySite.get(site) ?? [])],
    entries: () => byAddress.values(),
    placeNew(entry, slot) {
      assert(entry.triedSlot === undefined && entry.newSlots.length < newTable.slotsPerAddressMax, 'there is room for the entry')
      if (fresh.get(slot) === entry) return
      clearNew(slot)
      fresh.set(slot, entry)
      entry.newSlots.push(slot)
      index(entry)
    },
    placeTried(entry, slot) {
      assert(!tried.has(slot), 'the slot is free')
      for (const other of entry.newSlots) fresh.delete(other)
      entry.newSlots = []
      tried.set(slot, entry)
      entry.triedSlot = slot
    },
    leaveTried,
    remove,
  }
}

function findSlot(table: ReadonlyMap<number, StandingEntry>, slots: readonly number[], now: number): number {
  const [first] = slots
  assert(first !== undefined, 'a bucket has slots')
  const isYielding = (slot: number) => isTerrible(table.get(slot) as StandingEntry, now)
  return slots.find((slot) => !table.has(slot)) ?? slots.find(isYielding) ?? first
}
