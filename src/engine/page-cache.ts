import type { Bytes } from '../primitives/bytes.ts'

/** Recently used pages of the state tree, bounded in bytes. */
export interface PageCache {
  get(page: number): Bytes | undefined
  set(page: number, content: Bytes): void
  clear(): void
}

/** What the runtime needs to hold a byte string besides its bytes: an estimate from measurements of the heap. */
const overheadBytes = 400

/**
 * Two generations: a page that is used moves to the young one, and when that holds half of the budget it becomes the old one, and the
 * former old one is forgotten. Approximates least-recently-used at a fraction of its cost.
 */
export function createPageCache(bytesMax: number): PageCache {
  let young = new Map<number, Bytes>()
  let old = new Map<number, Bytes>()
  let youngBytes = 0

  function set(page: number, content: Bytes): void {
    if (!young.has(page)) youngBytes += content.length + overheadBytes
    young.set(page, content)
    if (youngBytes * 2 <= bytesMax) return
    old = young
    young = new Map()
    youngBytes = 0
  }

  return {
    get(page) {
      const fresh = young.get(page)
      if (fresh) return fresh
      const content = old.get(page)
      if (content) set(page, content)
      return content
    },
    set,
    clear() {
      young = new Map()
      old = new Map()
      youngBytes = 0
    },
  }
}
