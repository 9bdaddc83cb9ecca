import { assert } from './assert.ts'

/** First in, first out, in constant time, refusing what does not fit: the caller decides what a full queue means. */
export interface BoundedQueue<T> {
  readonly capacity: number
  readonly size: number
  /** False, and nothing is queued, when the queue is full. */
  push(item: T): boolean
  shift(): T | undefined
  peek(): T | undefined
  clear(): void
  /** Oldest first. */
  values(): Iterable<T>
}

/** @param capacity the most items held, a positive integer. */
export function createBoundedQueue<T>(capacity: number): BoundedQueue<T> {
  assert(Number.isSafeInteger(capacity) && capacity > 0, 'a bounded queue holds at least one item')
  // A ring that grows by doubling up to the capacity, so that a large bound costs nothing until it is needed.
  let ring: (T | undefined)[] = new Array(Math.min(capacity, 16))
  let head = 0
  let size = 0

  const at = (index: number): number => (head + index) % ring.length

  function grow(): void {
    const larger: (T | undefined)[] = new Array(Math.min(capacity, ring.length * 2))
    for (let index = 0; index < size; index++) larger[index] = ring[at(index)]
    ring = larger
    head = 0
  }

  return {
    capacity,
    get size() {
      return size
    },
    push(item) {
      if (size === capacity) return false
      if (size === ring.length) grow()
      ring[at(size)] = item
      size += 1
      return true
    },
    shift() {
      if (size === 0) return undefined
      const item = ring[head]
      ring[head] = undefined // The queue must not keep alive what it gave away.
      head = at(1)
      size -= 1
      return item
    },
    peek: () => (size === 0 ? undefined : ring[head]),
    clear() {
      ring = new Array(Math.min(capacity, 16))
      head = 0
      size = 0
    },
    *values() {
      for (let index = 0; index < size; index++) yield ring[at(index)] as T
    },
  }
}
