import { createBoundedMap } from '../../primitives/bounded-map.ts'
import type { BookEntry } from './book-entry.ts'

/**
 * Test before evict: an address that belongs where another stands in `tried` waits until that one was dialled again. It takes the place
 * when that dial failed, or nobody found the time for it; it gives up its claim when somebody answered.
 */
export interface Collisions {
  /** The address was reached, and stands in `new` meanwhile. */
  note(address: string, slot: number, now: number): void
  /** Slots whose incumbents are to be tested. */
  slots(): readonly number[]
  /** The claims that are decided by now, each once. */
  settle(now: number, incumbentAt: (slot: number) => BookEntry | undefined): readonly SettledClaim[]
}

export interface SettledClaim {
  readonly address: string
  readonly slot: number
  readonly verdict: 'replace' | 'keep'
}

const collisionsMax = 16
const untestedMaxMs = 40 * 60_000
/** Who answered so shortly before needs no test. */
const testedMs = 4 * 60 * 60_000

export function createCollisions(): Collisions {
  const claims = createBoundedMap<string, { readonly slot: number; readonly at: number }>(collisionsMax)

  function verdictOf(incumbent: BookEntry | undefined, at: number, now: number): 'replace' | 'keep' | undefined {
    if (!incumbent) return 'replace'
    if (incumbent.failedAt >= at) return 'replace'
    if (incumbent.succeededAt > at - testedMs) return 'keep'
    return now - at > untestedMaxMs ? 'replace' : undefined
  }

  return {
    note(address, slot, now) {
      if (!claims.has(address)) claims.set(address, { slot, at: now })
    },
    slots: () => [...new Set(Array.from(claims.entries(), ([, { slot }]) => slot))],
    settle(now, incumbentAt) {
      const settled = [...claims.entries()].flatMap(([address, { slot, at }]) => {
        const verdict = verdictOf(incumbentAt(slot), at, now)
        return verdict ? [{ address, slot, verdict }] : []
      })
      for (const { address } of settled) claims.delete(address)
      return settled
    },
  }
}
