/**
 * What happens to one sender's waiting transactions: see `SenderQueue`. Every nonce is at least `next`, the run is dense, and nothing
 * behind the gap could join it.
 */
import { assert } from '../primitives/assert.ts'
import { type Entry, nonceOf, type SenderQueue } from './entry.ts'

export function createSenderQueue(sender: string, next: number): SenderQueue {
  return { sender, next, run: [], later: new Map(), spends: 0n }
}

export function queueSize(queue: SenderQueue): number {
  return queue.run.length + queue.later.size
}

export function entryAt(queue: SenderQueue, nonce: number): Entry | undefined {
  return queue.run[nonce - queue.next] ?? queue.later.get(nonce)
}

/** Whether a transaction of this nonce would stand in the run. */
export function isReachable(queue: SenderQueue, nonce: number): boolean {
  return nonce <= queue.next + queue.run.length
}

/** Puts an entry under its nonce, in the place of the one there if there is one. */
export function place(queue: SenderQueue, entry: Entry): void {
  const nonce = nonceOf(entry)
  const index = nonce - queue.next
  assert(index >= 0, 'a used nonce does not wait')
  queue.spends += (entry.transaction.spends ?? 0n) - (entryAt(queue, nonce)?.transaction.spends ?? 0n)
  if (index > queue.run.length) {
    queue.later.set(nonce, entry)
    return
  }
  queue.run[index] = entry
  joinLater(queue)
}

/** Takes an entry out; what followed it in the run is behind a gap now. */
export function takeOut(queue: SenderQueue, entry: Entry): void {
  const nonce = nonceOf(entry)
  assert(entryAt(queue, nonce) === entry, 'what leaves a queue stands in it')
  queue.spends -= entry.transaction.spends ?? 0n
  if (queue.later.delete(nonce)) return
  for (const stranded of queue.run.splice(nonce - queue.next).slice(1)) queue.later.set(nonceOf(stranded), stranded)
}

/** Moves on to the sender's new next nonce, and returns what is stale by it. */
export function advance(queue: SenderQueue, next: number): readonly Entry[] {
  if (next <= queue.next) return []
  const stale = queue.run.splice(0, next - queue.next)
  queue.next = next
  for (const [nonce, entry] of queue.later) {
    if (nonce >= next) continue
    queue.later.delete(nonce)
    stale.push(entry)
  }
  for (const entry of stale) queue.spends -= entry.transaction.spends ?? 0n
  joinLater(queue)
  return stale
}

/** The entry whose loss strands no other: behind a gap if there is one, the run's last otherwise. */
export function expendable(queue: SenderQueue): Entry | undefined {
  let last: Entry | undefined
  for (const entry of queue.later.values()) if (!last || nonceOf(entry) > nonceOf(last)) last = entry
  return last ?? queue.run.at(-1)
}

function joinLater(queue: SenderQueue): void {
  while (queue.later.size > 0) {
    const nonce = queue.next + queue.run.length
    const entry = queue.later.get(nonce)
    if (!entry) return
    queue.later.delete(nonce)
    queue.run.push(entry)
  }
}
