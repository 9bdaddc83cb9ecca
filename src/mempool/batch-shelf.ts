import type { DecodedTransaction } from '../application/application.ts'
import type { Hash } from '../crypto/hash.ts'
import { createEvictionOrder, type Share } from './eviction-order.ts'
import { feePerByte, type HeldBatch, type Place, settleTransaction } from './held-batch.ts'

/** The batches of a pool, by hash, by what is in them, and by the order in which they go. */
export interface BatchShelf {
  /** In order of arrival. */
  readonly batches: ReadonlyMap<string, HeldBatch>
  /** In order of settling. */
  readonly settled: ReadonlySet<HeldBatch>
  readonly places: ReadonlyMap<string, readonly Place[]>
  readonly bytes: number
  put(batch: HeldBatch): void
  settle(batch: HeldBatch, height: number): void
  /** Forgets a batch; the open transactions that stood in no other are its loss. */
  drop(batch: HeldBatch): readonly Hash[]
  /** What the batch is worth may have changed. */
  revalue(batch: HeldBatch | undefined): void
  /** Who goes next when room is needed. */
  victim(): HeldBatch | undefined
}

/** Batches by which one transaction can be named: whoever packs it anew again and again must not make each batch dearer than the last. */
const placesMax = 8

/** @param isNeeded whether a batch has to stay whatever it pays. @param share that one source may hold while others want in. */
export function createBatchShelf(isNeeded: (batch: HeldBatch) => boolean, share: Share): BatchShelf {
  const batches = new Map<string, HeldBatch>()
  const settled = new Set<HeldBatch>()
  const places = new Map<string, readonly Place[]>()
  const evictions = createEvictionOrder((batch) => (isNeeded(batch) ? Number.POSITIVE_INFINITY : feePerByte(batch)), share)
  let bytes = 0

  return {
    batches,
    settled,
    places,
    get bytes() {
      return bytes
    },
    put(batch) {
      batches.set(batch.key, batch)
      bytes += batch.encoded.length
      for (const [index, id] of batch.transactionKeys.entries()) {
        const known = places.get(id) ?? []
        if (known.length < placesMax) places.set(id, [...known, { batch, index }])
        else settleTransaction(batch, index)
      }
    },
    settle(batch, height) {
      if (batch.settledAt !== undefined) return
      batch.settledAt = height
      batch.open.clear()
      evictions.remove(batch)
      settled.add(batch)
    },
    drop(batch) {
      const lost: Hash[] = []
      for (const [index, key] of batch.transactionKeys.entries()) {
        const elsewhere = (places.get(key) ?? []).filter((place) => place.batch !== batch)
        if (elsewhere.length > 0) places.set(key, elsewhere)
        else if (places.delete(key) && batch.open.has(key)) lost.push((batch.transactions[index] as DecodedTransaction).id)
      }
      batches.delete(batch.key)
      settled.delete(batch)
      evictions.remove(batch)
      bytes -= batch.encoded.length
      return lost
    },
    revalue(batch) {
      if (batch && batch.settledAt === undefined && batches.get(batch.key) === batch) evictions.put(batch)
    },
    victim() {
      const [oldestSettled] = settled
      return oldestSettled ?? evictions.next()
    },
  }
}
