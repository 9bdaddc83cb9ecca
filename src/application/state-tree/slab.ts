import type { Bytes } from '../../primitives/bytes.ts'

/** Hands out zeroed byte strings. */
export type Slab = (length: number) => Bytes

const chunkBytes = 256 << 10

/**
 * Cuts many short byte strings out of a few long ones: an update makes tens of thousands, and an array buffer each would cost more
 * than all the hashing. Whoever keeps one of them keeps its whole chunk, so they are for what lives and dies together.
 */
export function createSlab(): Slab {
  let chunk = new Uint8Array(0)
  let used = 0
  return (length) => {
    if (length * 8 > chunkBytes) return new Uint8Array(length)
    if (used + length > chunk.length) {
      chunk = new Uint8Array(chunkBytes)
      used = 0
    }
    used += length
    return chunk.subarray(used - length, used)
  }
}
