import { type Bytes, bytesKey } from '../primitives/bytes.ts'
import type { PackedBatch } from './batch-packer.ts'

/** A batch in the pool. */
export interface HeldBatch extends PackedBatch {
  /** `bytesKey` of the batch's hash and of each transaction's id. */
  readonly key: string
  readonly transactionKeys: readonly string[]
  /** Ids that may still enter a block. */
  readonly open: Set<string>
  /** The last height at which any of its transactions may enter a block. */
  readonly expiryHeight: number
  settledAt: number | undefined
}

/** Where a transaction stands. */
export interface Place {
  readonly batch: HeldBatch
  readonly index: number
}

/** @param isOpen of a transaction's id. */
export function holdBatch(packed: PackedBatch, isOpen: (id: Bytes) => boolean): HeldBatch {
  const transactionKeys = packed.transactions.map((transaction) => bytesKey(transaction.id))
  let expiryHeight = 0
  for (const transaction of packed.transactions) expiryHeight = Math.max(expiryHeight, transaction.expiryHeight)
  const open = new Set(packed.transactions.flatMap(({ id }) => (isOpen(id) ? [bytesKey(id)] : [])))
  return { ...packed, key: bytesKey(packed.hash), transactionKeys, open, expiryHeight, settledAt: undefined }
}
