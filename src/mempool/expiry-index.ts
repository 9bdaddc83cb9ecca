import type { Entry } from './entry.ts'

/** Entries by the last height at which they may enter a block. */
export interface ExpiryIndex {
  add(entry: Entry): void
  delete(entry: Entry): void
  /** Those that no block above `height` may hold. They stay in the index until deleted. */
  expired(height: number): readonly Entry[]
}

export function createExpiryIndex(): ExpiryIndex {
  const byHeight = new Map<number, Set<Entry>>()
  let checked = 0

  return {
    add(entry) {
      const height = entry.transaction.expiryHeight
      const entries = byHeight.get(height)
      if (entries) entries.add(entry)
      else byHeight.set(height, new Set([entry]))
    },
    delete(entry) {
      const height = entry.transaction.expiryHeight
      const entries = byHeight.get(height)
      if (entries?.delete(entry) && entries.size === 0) byHeight.delete(height)
    },
    expired(height) {
      // Usually one height has passed since the last call; after a long synchronisation, walking the entries is shorter.
      const heights =
        height - checked < byHeight.size ? range(checked, height) : [...byHeight.keys()].filter((each) => each <= height)
      checked = Math.max(checked, height)
      return heights.flatMap((each) => [...(byHeight.get(each) ?? [])])
    },
  }
}

function range(first: number, last: number): number[] {
  const numbers: number[] = []
  for (let number = first; number <= last; number++) numbers.push(number)
  return numbers
}
