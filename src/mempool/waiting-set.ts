/**
 * Everything that waits, with each index over it kept in step: by id, by sender and nonce, by fee, by expiry, by the peer that brought
 * it. Who may enter is decided elsewhere. Spec: docs/spec/transactions.md, "Mempool".
 */
import { createBinaryHeap } from '../primitives/binary-heap.ts'
import { type Entry, paysLess, type SenderQueue } from './entry.ts'
import { createExpiryIndex } from './expiry-index.ts'
import { createSenderBook, type SenderBook } from './sender-book.ts'
import { expendable } from './sender-queue.ts'

export interface WaitingSet {
  readonly size: number
  readonly bytes: number
  readonly senders: Pick<SenderBook, 'find' | 'queueOf'>
  get(key: string): Entry | undefined
  values(): Iterable<Entry>
  /** How many one source has brought. */
  broughtBy(source: string): number
  enter(entry: Entry): void
  leave(entry: Entry): void
  /** One transaction in the place of another of the same sender and nonce. */
  replace(old: Entry, entry: Entry): void
  /** Drops what is stale by the sender's new next nonce. */
  advance(queue: SenderQueue, nextNonce: number): void
  /** Those that no block above `height` may hold. */
  expired(height: number): readonly Entry[]
  /**
   * What gives way to `newcomer`, which is in the set already: nothing when everything pays at least as much, the newcomer itself when
   * it can only go behind a predecessor that pays less than all others.
   */
  victimFor(newcomer: Entry): Entry | undefined
}

export function createWaitingSet(): WaitingSet {
  const entries = new Map<string, Entry>()
  const senders = createSenderBook()
  const bySource = new Map<string, number>()
  const expiry = createExpiryIndex()
  /** Entries that have left stay in it until they come up or outnumber the others. */
  let cheapest = createBinaryHeap<Entry>(paysLess)
  let bytes = 0

  function enter(entry: Entry): void {
    entry.waiting = true
    entries.set(entry.key, entry)
    bytes += entry.transaction.encoded.length
    bySource.set(entry.source, (bySource.get(entry.source) ?? 0) + 1)
    expiry.add(entry)
    cheapest.push(entry)
    if (cheapest.size > 2 * entries.size + 1024) cheapest = createBinaryHeap(paysLess, [...entries.values()])
    if (entry.queue) senders.place(entry.queue, entry)
  }

  /** Forgets an entry that has lost its place in its sender's queue. */
  function forget(entry: Entry): void {
    entry.waiting = false
    entries.delete(entry.key)
    bytes -= entry.transaction.encoded.length
    const rest = (bySource.get(entry.source) ?? 0) - 1
    if (rest > 0) bySource.set(entry.source, rest)
    else bySource.delete(entry.source)
    expiry.delete(entry)
  }

  function cheapestWaiting(): Entry | undefined {
    while (cheapest.peek()?.waiting === false) cheapest.pop()
    return cheapest.peek()
  }

  return {
    get size() {
      return entries.size
    },
    get bytes() {
      return bytes
    },
    senders,
    get: (key) => entries.get(key),
    values: () => entries.values(),
    broughtBy: (source) => bySource.get(source) ?? 0,
    enter,
    leave(entry) {
      forget(entry)
      if (entry.queue) senders.takeOut(entry.queue, entry)
    },
    replace(old, entry) {
      forget(old)
      enter(entry)
    },
    advance(queue, nextNonce) {
      for (const stale of senders.advance(queue, nextNonce)) forget(stale)
    },
    expired: (height) => expiry.expired(height),
    victimFor(newcomer) {
      // Behind a gap no fee can be earned yet, however high it is.
      const gapped = senders.gapped()
      if (gapped) return expendable(gapped)
      const candidate = cheapestWaiting()
      if (!candidate || candidate.transaction.fee >= newcomer.transaction.fee) return undefined
      return candidate.queue ? expendable(candidate.queue) : candidate
    },
  }
}
