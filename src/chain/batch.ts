import { bytes, list, struct } from '../codec/schema.ts'
import { type Hash, taggedHash } from '../crypto/hash.ts'
import { batchTransactionsMax, transactionBytesMax } from './limits.ts'

/**
 * Transactions that travel together, for dissemination only: a proposal names what it takes from a batch, and a block keeps no trace
 * of batches. At most `batchBytesMax` when encoded.
 */
export const batchSchema = struct('Batch', {
  transactions: list(bytes({ min: 1, max: transactionBytesMax }), { min: 1, max: batchTransactionsMax }),
})

/** Names an encoded batch. */
export function encodedBatchHash(encoded: Uint8Array): Hash {
  return taggedHash('synod/batch', encoded)
}
