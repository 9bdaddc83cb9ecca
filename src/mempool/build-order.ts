import type { DecodedTransaction } from '../application/application.ts'
import type { Order, Run } from '../chain/block.ts'
import { blockBatchesMax } from '../chain/limits.ts'
import type { Hash } from '../crypto/hash.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { HeldBatch, Place } from './held-batch.ts'

export interface NamedTransactions {
  readonly order: Order
  readonly transactions: readonly DecodedTransaction[]
}

/**
 * Names transactions by batch and place. One that stands in several batches is named where it continues the run, else in a batch that
 * is named already, else in the first that holds it: so the table stays short and the runs long. A transaction that no batch holds,
 * or whose batch finds no room in the table, is left out, and its sender's later ones with it.
 */
export function buildOrder(
  transactions: readonly DecodedTransaction[],
  placesOf: (id: Bytes) => readonly Place[],
): NamedTransactions {
  const table = new Map<HeldBatch, number>()
  const runs: { -readonly [K in keyof Run]: Run[K] }[] = []
  const named: DecodedTransaction[] = []
  const interrupted = new Set<string>()
  let previous: Place | undefined

  for (const transaction of transactions) {
    const sender = transaction.sender?.key
    if (sender !== undefined && interrupted.has(sender)) continue
    const place = choose(placesOf(transaction.id), previous, table)
    if (!place || (!table.has(place.batch) && table.size === blockBatchesMax)) {
      if (sender !== undefined) interrupted.add(sender)
      continue
    }
    const last = runs.at(-1)
    if (last && continues(place, previous)) last.count += 1
    else runs.push({ batch: indexIn(table, place.batch), first: place.index, count: 1 })
    named.push(transaction)
    previous = place
  }
  const batches: Hash[] = []
  for (const batch of table.keys()) batches.push(batch.hash)
  return { order: { batches, runs }, transactions: named }
}

function choose(places: readonly Place[], previous: Place | undefined, table: ReadonlyMap<HeldBatch, number>): Place | undefined {
  if (places.length < 2) return places[0]
  return places.find((place) => continues(place, previous)) ?? places.find(({ batch }) => table.has(batch)) ?? places[0]
}

function continues(place: Place, previous: Place | undefined): boolean {
  return place.batch === previous?.batch && place.index === previous.index + 1
}

function indexIn(table: Map<HeldBatch, number>, batch: HeldBatch): number {
  const known = table.get(batch)
  if (known !== undefined) return known
  table.set(batch, table.size)
  return table.size - 1
}
