/**
 * The batches a node holds, its own and others', so that a proposal can name transactions instead of carrying them. A batch is *open*
 * while something in it may still enter a block, and *settled* afterwards; settled ones are kept some heights longer, for peers that
 * lag, and are the first to go when room is needed. Spec: docs/spec/transactions.md, "Batches" and "Orders".
 */
import type { DecodedTransaction } from '../application/application.ts'
import type { Order } from '../chain/block.ts'
import type { Hash } from '../crypto/hash.ts'
import { type Bytes, bytesKey } from '../primitives/bytes.ts'
import type { Result } from '../primitives/result.ts'
import type { PackedBatch } from './batch-packer.ts'
import { buildOrder, type NamedTransactions } from './build-order.ts'
import { type HeldBatch, holdBatch, type Place } from './held-batch.ts'
import { type Resolution, resolveOrder } from './resolve-order.ts'

export interface BatchPoolLimits {
  readonly batches: number
  /** Encoded bytes of all batches. Must hold what one block's order may name. */
  readonly bytes: number
  /** Blocks for which a settled batch can still be had. */
  readonly settledBlocks: number
}

export const defaultBatchPoolLimits: BatchPoolLimits = { batches: 8192, bytes: 96 << 20, settledBlocks: 4 }

export interface BatchContext {
  readonly height: number
  readonly wanted?: boolean
  readonly isOpen?: (id: Bytes) => boolean
}

export interface BatchPool {
  readonly size: number
  readonly bytes: number
  has(hash: Bytes): boolean
  encoded(hash: Bytes): Bytes | undefined
  /** Batches of which something may still enter a block, oldest first, at most `limit`. */
  open(limit: number): readonly Hash[]
  /** A transaction of any batch held here. */
  transaction(id: Bytes): DecodedTransaction | undefined
  /**
   * Takes in a verified batch. `wanted: false` says that nothing in it was admitted to the mempool: it serves only those who name it.
   * `isOpen` says what in it waits for a block, all unless given: what stood in one already would keep the batch until it expires.
   * Returns what no batch can name any longer, since older ones had to make room.
   */
  add(batch: PackedBatch, context: BatchContext): readonly Hash[]
  /** The order that names these transactions, and those of them that it could name. */
  order(transactions: readonly DecodedTransaction[]): NamedTransactions
  /** What an order names, or the batches it takes to know, or why the order is bad. */
  resolve(order: Order): Result<Resolution>
  /** A block is final: what it held, and what it let expire, needs no batch any more. */
  committed(block: { readonly height: number; readonly ids: readonly Bytes[] }): void
}

/** Batches by which one transaction can be named: whoever packs it anew again and again must not make each batch dearer than the last. */
const placesMax = 8

export function createBatchPool(limits: BatchPoolLimits): BatchPool {
  /** In order of arrival. */
  const batches = new Map<string, HeldBatch>()
  /** In order of settling. */
  const settled = new Set<HeldBatch>()
  const places = new Map<string, readonly Place[]>()
  let bytes = 0

  function settle(batch: HeldBatch, height: number): void {
    if (batch.settledAt !== undefined) return
    batch.settledAt = height
    batch.open.clear()
    settled.add(batch)
  }

  /** Forgets a batch; the open transactions that stood in no other are its loss. */
  function drop(batch: HeldBatch): readonly Hash[] {
    const lost: Hash[] = []
    for (const [index, key] of batch.transactionKeys.entries()) {
      const elsewhere = (places.get(key) ?? []).filter((place) => place.batch !== batch)
      if (elsewhere.length > 0) places.set(key, elsewhere)
      else if (places.delete(key) && batch.open.has(key)) lost.push((batch.transactions[index] as DecodedTransaction).id)
    }
    batches.delete(batch.key)
    settled.delete(batch)
    bytes -= batch.encoded.length
    return lost
  }

  function makeRoom(): readonly Hash[] {
    const lost: Hash[] = []
    while (batches.size > limits.batches || bytes > limits.bytes) {
      const [oldestSettled] = settled
      const [oldest] = batches.values()
      const victim = oldestSettled ?? oldest
      if (!victim) break
      lost.push(...drop(victim))
    }
    return lost
  }

  return {
    get size() {
      return batches.size
    },
    get bytes() {
      return bytes
    },
    has: (hash) => batches.has(bytesKey(hash)),
    encoded: (hash) => batches.get(bytesKey(hash))?.encoded,
    open(limit) {
      const open: Hash[] = []
      for (const batch of batches.values()) {
        if (open.length === limit) break
        if (batch.settledAt === undefined) open.push(batch.hash)
      }
      return open
    },
    transaction(id) {
      const place = places.get(bytesKey(id))?.[0]
      return place?.batch.transactions[place.index]
    },

    add(packed, { height, wanted = true, isOpen = () => true }) {
      if (batches.has(bytesKey(packed.hash))) return []
      const batch = holdBatch(packed, isOpen)
      batches.set(batch.key, batch)
      bytes += packed.encoded.length
      for (const [index, id] of batch.transactionKeys.entries()) {
        const known = places.get(id) ?? []
        if (known.length < placesMax) places.set(id, [...known, { batch, index }])
        else batch.open.delete(id)
      }
      if (!wanted || batch.open.size === 0 || batch.expiryHeight <= height) settle(batch, height)
      return makeRoom()
    },

    order: (transactions) => buildOrder(transactions, (id) => places.get(bytesKey(id)) ?? []),
    resolve: (order) => resolveOrder(order, (hash) => batches.get(bytesKey(hash))),

    committed({ height, ids }) {
      for (const id of ids) {
        const key = bytesKey(id)
        for (const { batch } of places.get(key) ?? []) {
          batch.open.delete(key)
          if (batch.open.size === 0) settle(batch, height)
        }
      }
      for (const batch of batches.values()) if (batch.expiryHeight <= height) settle(batch, height)
      for (const batch of settled) {
        if (height - (batch.settledAt ?? height) < limits.settledBlocks) break
        drop(batch)
      }
    },
  }
}
