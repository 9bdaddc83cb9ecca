import { encode } from '../codec/codec.ts'
import { bytes, type Infer, list, optional, struct, uint } from '../codec/schema.ts'
import { type Hash, sha256, taggedHash } from '../crypto/hash.ts'
import { merkleRoot } from '../crypto/merkle.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { commitSchema } from './certificate.ts'
import { evidenceListSchema } from './evidence.ts'
import { consensusKey, hash } from './identifiers.ts'
import { batchTransactionsMax, blockBatchesMax, blockTransactionsMax, transactionBytesMax } from './limits.ts'

/** Everything a light client needs to know of a block. Its hash is the block's hash. */
export const headerSchema = struct('Header', {
  version: uint({ max: 0xffff }),
  chainId: hash,
  /** The first block has height 1; its previous hash is the chain id. */
  height: uint(),
  /** Proposer's clock, milliseconds since the Unix epoch. */
  time: uint(),
  previousHash: hash,
  /** Hash of the commit of the previous block, which stands in this block; zero at height 1. */
  previousCommitHash: hash,
  /** RFC 6962 root over the transactions' ids in execution order. */
  transactionsRoot: hash,
  validatorsHash: hash,
  nextValidatorsHash: hash,
  parametersHash: hash,
  /** State root after executing this very block. */
  appHash: hash,
  /** RFC 6962 root over the encoded results, one a transaction. */
  resultsHash: hash,
  evidenceHash: hash,
  /** Hash of the order in which the block was proposed: so the block hash binds all of the proposed block, and no relayer can alter it. */
  orderHash: hash,
  /** Who built the block first; a re-proposal keeps it. */
  proposer: consensusKey,
})
export type Header = Infer<typeof headerSchema>

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

export function blockHash(header: Header): Hash {
  return taggedHash('synod/block', encode(headerSchema, header))
}

/** A transaction's id: the plain SHA-256 of its encoded bytes, signature included. */
export function transactionId(transaction: Bytes): Hash {
  return sha256(transaction)
}

export function transactionsRoot(ids: readonly Bytes[]): Hash {
  return merkleRoot(ids)
}
