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
  /** Of its open transactions. A rough sum will do: it says who makes room, and nothing on chain. */
  openFees: number
  settledAt: number | undefined
  /** The peer that brought it; `undefined`: a client of this node. */
  readonly source: string | undefined
  /** Batches before it. */
  readonly arrival: number
}

/** Where a transaction stands. */
export interface Place {
  readonly batch: HeldBatch
  readonly index: number
}

/** @param isOpen of a transaction's id. */
export function holdBatch(
  packed: PackedBatch,
  from: Pick<HeldBatch, 'source' | 'arrival'>,
  isOpen: (id: Bytes) => boolean,
): HeldBatch {
  const transactionKeys = packed.transactions.map((transaction) => bytesKey(transaction.id))
  let expiryHeight = 0
  for (const transaction of packed.transactions) expiryHeight = Math.max(expiryHeight, transaction.expiryHeight)
  const open = new Set(packed.transactions.flatMap(({ id }) => (isOpen(id) ? [bytesKey(id)] : [])))
  let openFees = 0
  for (const [index, key] of transactionKeys.entries()) if (open.has(key)) openFees += feeOf(packed, index)
  return { ...packed, ...from, openFees, key: bytesKey(packed.hash), transactionKeys, open, expiryHeight, settledAt: undefined }
}

/** Nothing waits any more for this transaction of the batch. */
export function settleTransaction(batch: HeldBatch, index: number): void {
  const open = batch.open.delete(batch.transactionKeys[index] as string)
  if (open) batch.openFees -= feeOf(batch, index)
}

/** What the open transactions of a batch pay for each of its bytes. */
export function feePerByte({ openFees, encoded }: HeldBatch): number {
  return openFees / encoded.length
}

const feeOf = ({ transactions }: Pick<PackedBatch, 'transactions'>, index: number): number =>
  Number(transactions[index]?.fee ?? 0n)
