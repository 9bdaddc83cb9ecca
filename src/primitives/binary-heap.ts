/** A priority queue in an array: the first of `before` on top. Push and pop cost a logarithm, building one from many is linear. */
export interface BinaryHeap<T> {
  readonly size: number
  push(item: T): void
  pop(): T | undefined
  peek(): T | undefined
  /** Pops and pushes in one go. */
  replaceTop(item: T): void
}

/** @param before whether `left` comes out ahead of `right`: a strict order. @param items taken over, not copied. */
export function createBinaryHeap<T>(before: (left: T, right: T) => boolean, items: T[] = []): BinaryHeap<T> {
  function sinkFrom(start: number): void {
    const item = items[start] as T
    let hole = start
    for (;;) {
      let child = 2 * hole + 1
      if (child >= items.length) break
      if (child + 1 < items.length && before(items[child + 1] as T, items[child] as T)) child += 1
      if (!before(items[child] as T, item)) break
      items[hole] = items[child] as T
      hole = child
    }
    items[hole] = item
  }

  function rise(start: number): void {
    const item = items[start] as T
    let hole = start
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      if (!before(item, items[parent] as T)) break
      items[hole] = items[parent] as T
      hole = parent
    }
    items[hole] = item
  }

  for (let index = (items.length >> 1) - 1; index >= 0; index--) sinkFrom(index)

  return {
    get size() {
      return items.length
    },
    push(item) {
      items.push(item)
      rise(items.length - 1)
    },
    pop() {
      const top = items[0]
      const last = items.pop()
      if (items.length > 0) {
        items[0] = last as T
        sinkFrom(0)
      }
      return top
    },
    peek: () => items[0],
    replaceTop(item) {
      items[0] = item
      sinkFrom(0)
    },
  }
}
