import type { DecodedTransaction } from '../application/application.ts'
import { createBinaryHeap } from '../primitives/binary-heap.ts'
import { type Entry, nonceOf, paysMore } from './entry.ts'

export interface Selection {
  /** Most transactions, and most bytes of them together. */
  readonly transactions: number
  readonly bytes: number
  /** Of the block they are for. */
  readonly height: number
  /** Whether a transaction cannot be in this block; what follows it by nonce cannot either. */
  readonly exclude?: (transaction: DecodedTransaction) => boolean
}

/** After so many in a row that do not fit, a block counts as full. */
const misfitsMax = 64

/**
 * The best-paying transactions that fit, each sender's in the order of nonces. Only the first of each sender competes; the next one
 * competes when its predecessor has been taken.
 */
export function selectFrom(entries: Iterable<Entry>, selection: Selection): readonly DecodedTransaction[] {
  const heads: Entry[] = []
  for (const entry of entries) if (!entry.queue || entry.queue.run[0] === entry) heads.push(entry)
  const heap = createBinaryHeap(paysMore, heads)
  const chosen: DecodedTransaction[] = []
  let bytesLeft = selection.bytes
  let misfits = 0

  for (let head = heap.peek(); head && chosen.length < selection.transactions && misfits < misfitsMax; head = heap.peek()) {
    const { transaction } = head
    const size = transaction.encoded.length
    if (size > bytesLeft) misfits += 1
    const taken = size <= bytesLeft && transaction.expiryHeight >= selection.height && !selection.exclude?.(transaction)
    if (taken) {
      chosen.push(transaction)
      bytesLeft -= size
      misfits = 0
    }
    const next = taken ? successor(head) : undefined
    if (next) heap.replaceTop(next)
    else heap.pop()
  }
  return chosen
}

function successor(entry: Entry): Entry | undefined {
  const { queue } = entry
  return queue?.run[nonceOf(entry) + 1 - queue.next]
}
