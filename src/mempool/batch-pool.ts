/**
 * The batches a node holds, its own and others', so that a proposal can name transactions instead of carrying them. A batch is *open*
 * while something in it may still enter a block, and *settled* afterwards; settled ones are kept some heights longer, for peers that
 * lag, and are the first to go when room is needed; after them go those whose open transactions pay least for their bytes. Spec: docs/spec/transactions.md, "Batches" and "Orders".
 */
import type { DecodedTransaction } from '../application/application.ts'
import type { Order } from '../chain/block.ts'
import { blockBatchesMax } from '../chain/limits.ts'
import type { Hash } from '../crypto/hash.ts'
import { type Bytes, bytesKey } from '../primitives/bytes.ts'
import type { Result } from '../primitives/result.ts'
import type { PackedBatch } from './batch-packer.ts'
import { createBatchShelf } from './batch-shelf.ts'
import { buildOrder, type NamedTransactions } from './build-order.ts'
import { holdBatch, settleTransaction } from './held-batch.ts'
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
  /** The peer that brought it: when room is short, none holds more of it than a share. Absent: this node's own clients. */
  readonly source?: string
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
   * Returns what no batch can name any longer, since some had to make room, perhaps this one.
   */
  add(batch: PackedBatch, context: BatchContext): readonly Hash[]
  /** The order that names these transactions, and those of them that it could name. */
  order(transactions: readonly DecodedTransaction[]): NamedTransactions
  /** What an order names, or the batches it takes to know, or why the order is bad. What it names stays until the next block. */
  resolve(order: Order): Result<Resolution>
  /** A block is final: what it held, and what it let expire, needs no batch any more. */
  committed(block: { readonly height: number; readonly ids: readonly Bytes[] }): void
}

/** One peer holds at most half of the pool while others want in. */
const sharePart = 2
/** Batches named by the orders of one height that are kept for them. */
const namedMax = 4 * blockBatchesMax

export function createBatchPool(limits: BatchPoolLimits): BatchPool {
  /** Keys of batches that an order of this height names. */
  const named = new Set<string>()
  const share = { batches: limits.batches / sharePart, bytes: limits.bytes / sharePart }
  const shelf = createBatchShelf(({ key }) => named.has(key), share)
  const { batches, places } = shelf
  let arrivals = 0

  function keepNamed({ batches: hashes }: Order): void {
    for (const key of hashes.map(bytesKey)) {
      if (named.size >= namedMax || named.has(key)) continue
      named.add(key)
      shelf.revalue(batches.get(key))
    }
  }

  function makeRoom(): readonly Hash[] {
    const lost: Hash[] = []
    while (batches.size > limits.batches || shelf.bytes > limits.bytes) {
      const victim = shelf.victim()
      if (!victim) break
      lost.push(...shelf.drop(victim))
    }
    return lost
  }

  return {
    get size() {
      return batches.size
    },
    get bytes() {
      return shelf.bytes
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

    add(packed, { height, wanted = true, isOpen = () => true, source }) {
      if (batches.has(bytesKey(packed.hash))) return []
      const batch = holdBatch(packed, { source, arrival: arrivals++ }, isOpen)
      shelf.put(batch)
      if (!wanted || batch.open.size === 0 || batch.expiryHeight <= height) shelf.settle(batch, height)
      else shelf.revalue(batch)
      return makeRoom()
    },

    order: (transactions) => buildOrder(transactions, (id) => places.get(bytesKey(id)) ?? []),
    resolve(order) {
      keepNamed(order)
      return resolveOrder(order, (hash) => batches.get(bytesKey(hash)))
    },

    committed({ height, ids }) {
      const changed = new Set([...named].map((key) => batches.get(key)))
      named.clear()
      for (const { batch, index } of ids.flatMap((id) => places.get(bytesKey(id)) ?? [])) {
        settleTransaction(batch, index)
        changed.add(batch)
        if (batch.open.size === 0) shelf.settle(batch, height)
      }
      for (const batch of batches.values()) if (batch.expiryHeight <= height) shelf.settle(batch, height)
      for (const batch of changed) shelf.revalue(batch)
      for (const batch of shelf.settled) {
        if (height - (batch.settledAt ?? height) < limits.settledBlocks) break
        shelf.drop(batch)
      }
    },
  }
}
