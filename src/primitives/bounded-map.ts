import { assert } from './assert.ts'

/**
 * A map that forgets what was used longest ago once it is full, so that a peer who feeds it costs a bounded amount of memory.
 * Reading with `get` or writing with `set` counts as use; `peek`, `has` and iteration do not.
 */
export interface BoundedMap<K, V> {
  readonly capacity: number
  readonly size: number
  get(key: K): V | undefined
  /** Reads without counting as use. */
  peek(key: K): V | undefined
  has(key: K): boolean
  /** Writes, and returns the entry that had to go, if any. */
  set(key: K, value: V): readonly [key: K, value: V] | undefined
  delete(key: K): boolean
  /**
   * Lets go of the longest unused entries that say nothing any more, as far as the first that does, and no more than two at a time: whoever
   * calls it with each new entry keeps only as many as still say something, at a cost that does not depend on how many there are.
   */
  dropStale(isStale: (value: V) => boolean): void
  clear(): void
  /** From the longest unused to the most recently used. */
  entries(): MapIterator<[K, V]>
}

/** @param capacity the most entries held, a positive integer. */
export function createBoundedMap<K, V>(capacity: number): BoundedMap<K, V> {
  assert(Number.isSafeInteger(capacity) && capacity > 0, 'a bounded map holds at least one entry')
  // A Map iterates in insertion order: an entry is moved to the end by inserting it anew.
  const map = new Map<K, V>()
  // One iterator for many evictions: nothing before it is left, while a new one would first step over all that was deleted before.
  let ages: MapIterator<[K, V]> | undefined
  // An iterator at rest keeps alive what was deleted from the map since it last moved, so it is let go after as many changes as a new
  // one may have to step over.
  let changes = 0
  // What the iterator gave last, as long as it is the oldest still.
  let eldest: [K, V] | undefined

  function changed(key: K): void {
    changes += 1
    if (changes > capacity) ages = undefined
    if (eldest?.[0] === key) eldest = undefined
  }

  function oldest(): [K, V] {
    if (eldest) return eldest
    changes = 0
    ages ??= map.entries()
    let next = ages.next()
    if (next.done) {
      ages = map.entries()
      next = ages.next()
    }
    assert(!next.done, 'a map that holds something has an oldest entry')
    eldest = next.value
    return eldest
  }

  function forget([key]: [K, V]): void {
    eldest = undefined
    map.delete(key)
  }

  return {
    capacity,
    get size() {
      return map.size
    },
    get(key) {
      const value = map.get(key)
      if (value === undefined && !map.has(key)) return undefined
      changed(key)
      map.delete(key)
      map.set(key, value as V)
      return value
    },
    peek: (key) => map.get(key),
    has: (key) => map.has(key),
    set(key, value) {
      changed(key)
      map.delete(key)
      map.set(key, value)
      if (map.size <= capacity) return undefined
      const forgotten = oldest()
      forget(forgotten)
      return forgotten
    },
    delete(key) {
      changed(key)
      return map.delete(key)
    },
    dropStale(isStale) {
      for (let count = 0; count < 2 && map.size > 0; count++) {
        const entry = oldest()
        if (!isStale(entry[1])) return
        forget(entry)
      }
    },
    clear() {
      ages = undefined
      eldest = undefined
      map.clear()
    },
    entries: () => map.entries(),
  }
}
