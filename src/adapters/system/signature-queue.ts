import type { SignatureItem } from '../../crypto/verified.ts'
import { assert } from '../../primitives/assert.ts'
import { createBoundedQueue } from '../../primitives/bounded-queue.ts'

/**
 * Signatures waiting to be checked. Calls go in, each with any number of items; chunks of a size that suits the thread come out,
 * cut from one call or put together from several; verdicts find their way back to their calls.
 */
export interface SignatureQueue {
  /** Items not yet taken. */
  readonly size: number
  /** `undefined`, and nothing is queued, when the items do not fit. */
  add(items: readonly SignatureItem[]): Promise<readonly boolean[]> | undefined
  /** The oldest items, at most `itemsMax` of them, at least one unless the queue is empty. */
  take(itemsMax: number): Chunk
}

export interface Chunk {
  readonly items: readonly SignatureItem[]
  /** Called once, with a verdict for each item. */
  report(verdicts: readonly boolean[]): void
}

interface Call {
  readonly items: readonly SignatureItem[]
  readonly verdicts: boolean[]
  readonly resolve: (verdicts: readonly boolean[]) => void
  taken: number
  unanswered: number
}

interface Place {
  readonly call: Call
  readonly index: number
}

/** @param itemsMax the most items that wait. */
export function createSignatureQueue(itemsMax: number): SignatureQueue {
  // No call is empty, so there are never more calls than items.
  const calls = createBoundedQueue<Call>(itemsMax)
  let size = 0

  return {
    get size() {
      return size
    },

    add(items) {
      if (items.length === 0) return Promise.resolve([])
      if (size + items.length > itemsMax) return undefined
      size += items.length
      return new Promise((resolve) => {
        calls.push({ items, verdicts: new Array(items.length).fill(false), resolve, taken: 0, unanswered: items.length })
      })
    },

    take(itemsMax) {
      const items: SignatureItem[] = []
      const places: Place[] = []
      for (let call = calls.peek(); call !== undefined && items.length < itemsMax; call = calls.peek()) {
        const end = Math.min(call.items.length, call.taken + itemsMax - items.length)
        for (; call.taken < end; call.taken++) {
          items.push(call.items[call.taken] as SignatureItem)
          places.push({ call, index: call.taken })
        }
        if (call.taken === call.items.length) calls.shift()
      }
      size -= items.length
      return { items, report: (verdicts) => answer(places, verdicts) }
    },
  }
}

function answer(places: readonly Place[], verdicts: readonly boolean[]): void {
  assert(verdicts.length === places.length, 'every signature has a verdict')
  for (const [order, { call, index }] of places.entries()) {
    call.verdicts[index] = verdicts[order] === true
    call.unanswered -= 1
    if (call.unanswered === 0) call.resolve(call.verdicts)
  }
}
