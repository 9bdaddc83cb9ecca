/**
 * Sets of validators as bitmaps: one bit a validator in set order, the first in the lowest bit of the first byte, exactly as many
 * bytes as the validator set needs, unused bits zero. So each set of signers has one form.
 */
import { assert } from '../primitives/assert.ts'
import type { Bytes } from '../primitives/bytes.ts'

/** The bitmap of these indices in a set of `size` validators. */
export function bitmapOf(indices: Iterable<number>, size: number): Bytes {
  const bitmap = new Uint8Array(Math.ceil(size / 8))
  for (const index of indices) {
    assert(index >= 0 && index < size, 'bitmap: index beyond the set')
    bitmap[index >> 3] = (bitmap[index >> 3] as number) | (1 << (index & 7))
  }
  return bitmap
}

/** The indices in a bitmap, rising. */
export function bitmapIndices(bitmap: Bytes): number[] {
  const indices: number[] = []
  for (let index = 0; index < bitmap.length * 8; index++) if (bitmapHas(bitmap, index)) indices.push(index)
  return indices
}

export function bitmapHas(bitmap: Bytes, index: number): boolean {
  return (((bitmap[index >> 3] ?? 0) >> (index & 7)) & 1) === 1
}

/** Whether the bitmap has the one length, and no bit beyond, that a set of `size` validators asks for. */
export function isBitmapOf(bitmap: Bytes, size: number): boolean {
  if (bitmap.length !== Math.ceil(size / 8)) return false
  const spare = bitmap.length * 8 - size
  return spare === 0 || (bitmap[bitmap.length - 1] as number) >> (8 - spare) === 0
}
