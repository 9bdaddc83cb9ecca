import type { Entry, SenderQueue } from './entry.ts'
import { advance, createSenderQueue, place, queueSize, takeOut } from './sender-queue.ts'

/** The queues of all senders that have something waiting, and of no others. */
export interface SenderBook {
  /** The sender's queue; a new one counts only once something is placed in it. */
  queueOf(sender: string, nextNonce: number): SenderQueue
  find(sender: string): SenderQueue | undefined
  place(queue: SenderQueue, entry: Entry): void
  takeOut(queue: SenderQueue, entry: Entry): void
  /** Returns what is stale by the sender's new next nonce. */
  advance(queue: SenderQueue, nextNonce: number): readonly Entry[]
  /** Some queue with transactions behind a gap. */
  gapped(): SenderQueue | undefined
}

export function createSenderBook(): SenderBook {
  const queues = new Map<string, SenderQueue>()
  const gapped = new Set<SenderQueue>()

  function settle(queue: SenderQueue): void {
    if (queue.later.size > 0) gapped.add(queue)
    else gapped.delete(queue)
    if (queueSize(queue) > 0) queues.set(queue.sender, queue)
    else queues.delete(queue.sender)
  }

  return {
    queueOf: (sender, nextNonce) => queues.get(sender) ?? createSenderQueue(sender, nextNonce),
    find: (sender) => queues.get(sender),
    place(queue, entry) {
      place(queue, entry)
      settle(queue)
    },
    takeOut(queue, entry) {
      takeOut(queue, entry)
      settle(queue)
    },
    advance(queue, nextNonce) {
      const stale = advance(queue, nextNonce)
      settle(queue)
      return stale
    },
    gapped: () => gapped.values().next().value,
  }
}
