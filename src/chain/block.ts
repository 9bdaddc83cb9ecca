import { encode } from '../codec/codec.ts'
import { bytes, type Infer, list, optional, struct, uint } from '../codec/schema.ts'
import { type Hash, sha256, taggedHash } from '../crypto/hash.ts'
import { merkleRoot } from '../crypto/merkle.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { commitSchema } from './certificate.ts'
import { evidenceListSchema } from './evidence.ts'
import { headerSchema } from './header.ts'
import { hash } from './identifiers.ts'
import { batchTransactionsMax, blockBatchesMax, blockTransactionsMax, transactionBytesMax } from './limits.ts'

/** `count` transactions of the batch at index `batch` in the proposal's list, starting at `first`. */
const runSchema = struct('Run', {
  batch: uint({ max: blockBatchesMax - 1 }),
  first: uint({ max: batchTransactionsMax - 1 }),
  count: uint({ max: batchTransactionsMax }),
})
export type Run = Infer<typeof runSchema>

/** The order of execution, named rather than carried: batches travelled ahead. */
export const orderSchema = struct('Order', {
  batches: list(hash, { max: blockBatchesMax }),
  runs: list(runSchema, { max: blockTransactionsMax }),
})
export type Order = Infer<typeof orderSchema>

export function orderHash(order: Order): Hash {
  return taggedHash('synod/order', encode(orderSchema, order))
}

/** Stands where the first block would name the commit before it. */
export const noCommitHash: Hash = new Uint8Array(32)

/** A block as it is proposed. */
export const proposedBlockSchema = struct('ProposedBlock', {
  header: headerSchema,
  /** Absent only at height 1. */
  lastCommit: optional(commitSchema),
  evidence: evidenceListSchema,
  order: orderSchema,
})
export type ProposedBlock = Infer<typeof proposedBlockSchema>

/** A block as it is stored and synchronised: the order resolved to the transactions' bytes. */
export const blockSchema = struct('Block', {
  header: headerSchema,
  lastCommit: optional(commitSchema),
  evidence: evidenceListSchema,
  transactions: list(bytes({ min: 1, max: transactionBytesMax }), { max: blockTransactionsMax }),
})
export type Block = Infer<typeof blockSchema>

/** A transaction's id: the plain SHA-256 of its encoded bytes, signature included. */
export function transactionId(transaction: Bytes): Hash {
  return sha256(transaction)
}

export function transactionsRoot(ids: readonly Bytes[]): Hash {
  return merkleRoot(ids)
}
