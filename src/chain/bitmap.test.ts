import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bitmapHas, bitmapIndices, bitmapOf, isBitmapOf } from './bitmap.ts'

test('a set of indices and its bitmap are one', () => {
  const sizeAndSet = fc
    .integer({ min: 1, max: 40 })
    .chain((size) => fc.tuple(fc.constant(size), fc.uniqueArray(fc.nat({ max: size - 1 }))))
  fc.assert(
    fc.property(sizeAndSet, ([size, indices]) => {
      const bitmap = bitmapOf(indices, size)
      expect(isBitmapOf(bitmap, size)).toBe(true)
      expect(bitmapIndices(bitmap)).toEqual([...indices].sort((left, right) => left - right))
      for (let index = 0; index < size + 9; index++) expect(bitmapHas(bitmap, index)).toBe(indices.includes(index))
    }),
  )
})

test.each([
  ['of another length', Uint8Array.of(1, 0), 8],
  ['too short', Uint8Array.of(1), 9],
  ['with a bit beyond the set', Uint8Array.of(0b10000), 4],
])('a bitmap %s is refused', (_, bitmap, size) => {
  expect(isBitmapOf(bitmap, size)).toBe(false)
})
