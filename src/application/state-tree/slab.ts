import type { Bytes } from '../../primitives/bytes.ts'

/** Hands out zeroed byte strings. */
export type Slab = (length: number) => Bytes

/** The first chunk suits the few pages of an empty block, each later one what came before it, up to the largest. */
const chunkBytesMin = 8 << 10
const chunkBytesMax = 256 << 10

/**
 * Cuts many short byte strings out of a few long ones: an update makes tens of thousands, and an array buffer each would cost more
 * than all the hashing. Whoever keeps one of them keeps its whole chunk, so they are for what lives and dies together.
 */
export function createSlab(): Slab {
  let chunk = new Uint8Array(0)
  let used = 0
  let chunkBytes = chunkBytesMin / 2
  return (length) => {
    if (length * 8 > chunkBytesMax) return new Uint8Array(length)
    if (used + length > chunk.length) {
      chunkBytes = Math.min(chunkBytesMax, chunkBytes * 2)
      chunk = new Uint8Array(Math.max(chunkBytes, length))
      used = 0
    }
    used += length
    return chunk.subarray(used - length, used)
  }
}
