import type { DecodedTransaction } from '../application/application.ts'
import { batchSchema, encodedBatchHash } from '../chain/batch.ts'
import { encode } from '../codec/codec.ts'
import type { Hash } from '../crypto/hash.ts'
import type { Bytes } from '../primitives/bytes.ts'

/** A batch as it travels, and what is in it. */
export interface PackedBatch {
  readonly hash: Hash
  readonly encoded: Bytes
  readonly transactions: readonly DecodedTransaction[]
}

/** Collects what clients brought to this node until there is enough of it to travel. */
export interface BatchPacker {
  readonly empty: boolean
  /** A whole batch is ready: waiting for more gains nothing. */
  readonly full: boolean
  add(transaction: DecodedTransaction): void
  /** Everything collected, in batches within the limits. */
  flush(): readonly PackedBatch[]
}

/** The array and list headers of a batch, and the header of each transaction in it, at most. */
const batchOverhead = 6
const transactionOverhead = 5

/** @param limits of an encoded batch, in bytes and in transactions; one transaction always fits. */
export function createBatchPacker(limits: { bytesMax: number; transactionsMax: number }): BatchPacker {
  let complete: PackedBatch[] = []
  let collected: DecodedTransaction[] = []
  let bytes = batchOverhead

  function close(): void {
    if (collected.length === 0) return
    const encoded = encode(batchSchema, { transactions: collected.map((transaction) => transaction.encoded) })
    complete.push({ hash: encodedBatchHash(encoded), encoded, transactions: collected })
    collected = []
    bytes = batchOverhead
  }

  return {
    get empty() {
      return complete.length === 0 && collected.length === 0
    },
    get full() {
      return complete.length > 0
    },
    add(transaction) {
      const size = transaction.encoded.length + transactionOverhead
      if (bytes + size > limits.bytesMax || collected.length >= limits.transactionsMax) close()
      collected.push(transaction)
      bytes += size
    },
    flush() {
      close()
      const flushed = complete
      complete = []
      return flushed
    },
  }
}
