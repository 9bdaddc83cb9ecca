import type { DecodedTransaction } from '../application/application.ts'
import { bytesKey } from '../primitives/bytes.ts'

/** A transaction in the mempool. */
export interface Entry {
  readonly transaction: DecodedTransaction
  /** `bytesKey` of its id. */
  readonly key: string
  /** Order of arrival. */
  readonly age: number
  /** `local`, or the peer it came from. */
  readonly source: string
  /** Absent for a transaction without a sender, which stands alone. */
  readonly queue: SenderQueue | undefined
  waiting: boolean
}

/**
 * The waiting transactions of one sender. Those whose nonces follow the sender's next one without a gap form the run: they can enter a
 * block, in that order. Those behind a gap wait apart until it is filled.
 */
export interface SenderQueue {
  readonly sender: string
  /** The nonce of the run's first transaction, present or not. */
  next: number
  readonly run: Entry[]
  readonly later: Map<number, Entry>
  /** The most that all of them may take from the sender. */
  spends: bigint
}

export function createEntry(transaction: DecodedTransaction, age: number, source: string, queue: SenderQueue | undefined): Entry {
  return { transaction, key: bytesKey(transaction.id), age, source, queue, waiting: false }
}

export function nonceOf(entry: Entry): number {
  return entry.transaction.sender?.nonce ?? 0
}

/** Which of two goes into a block first: the higher fee, then the older. */
export function paysMore(left: Entry, right: Entry): boolean {
  const [one, other] = [left.transaction.fee, right.transaction.fee]
  return one === other ? left.age < right.age : one > other
}

/** Which of two is given up first. */
export function paysLess(left: Entry, right: Entry): boolean {
  return paysMore(right, left)
}
