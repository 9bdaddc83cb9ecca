/** Transactions of no application in particular: what a mempool sees of them, and bytes to count. */
import type { DecodedTransaction } from '../../src/application/application.ts'
import { transactionId } from '../../src/chain/block.ts'

export interface PlainFields {
  /** Absent: a transaction that stands alone. */
  readonly sender?: string
  readonly nonce?: number
  readonly fee?: number
  readonly spends?: number
  readonly expiryHeight?: number
  /** At least 40. */
  readonly bytes?: number
}

/** Different fields, different transaction; equal fields, the same one, unless `salt` differs. */
export function plainTransaction(fields: PlainFields, salt = 0): DecodedTransaction {
  const { sender, nonce = 0, fee = 1000, spends, expiryHeight = 1_000_000, bytes = 200 } = fields
  const encoded = new Uint8Array(Math.max(40, bytes))
  new TextEncoder().encodeInto(`${sender ?? ''}/${nonce}/${fee}/${expiryHeight}/${salt}`, encoded)
  return {
    id: transactionId(encoded),
    encoded,
    ...(sender === undefined ? {} : { sender: { key: sender, nonce } }),
    ...(spends === undefined ? {} : { spends: BigInt(spends) }),
    fee: BigInt(fee),
    expiryHeight,
    signatures: [],
    content: `${sender ?? salt} ${nonce}`,
  }
}
