import { symbolsMax, symbolsPerMessageMax } from './reconciliation-message.ts'

/** The first request: enough for sets that hardly differ, which is what peers that meet again have. */
const firstSymbols = 8
/** Symbols that a difference of one takes, about; more for small differences. */
const symbolsPerDifference = 1.4
/** Each request makes the sequence half as long again: it overshoots by less than that, and log₁.₅ of the difference are needed. */
const growth = 0.5
/** What a difference of one costs by symbols, id and hash, in the hashes of a list. */
const listedPerDifference = 1.8

/**
 * How many more symbols to ask for, 0 when a list of all hashes is cheaper: sets differ by at least the difference of their sizes,
 * and hardly by less than half the symbols that did not suffice.
 * @param own @param held the sizes of the sets.
 */
export function symbolsWanted({ received, own, held }: { received: number; own: number; held: number }): number {
  const differenceMin = Math.max(Math.abs(held - own), received / 2)
  if (received > 0 && differenceMin * listedPerDifference > held + firstSymbols) return 0
  const hinted = Math.ceil(Math.abs(held - own) * symbolsPerDifference) - received
  const grown = Math.max(firstSymbols, Math.ceil(received * growth), hinted)
  return Math.min(grown, symbolsPerMessageMax, symbolsMax - received)
}
