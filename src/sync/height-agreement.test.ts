import { expect, it } from 'vitest'
import { agreedHeight } from './height-agreement.ts'

it.each<[number[], number]>([
  [[], 0],
  [[7], 7],
  [[9, 7], 7],
  [[9, 8, 1], 8],
  [[1_000_000, 8, 8, 0], 8],
  [[10, 9, 8, 7, 6, 5], 7],
])('of %j two thirds have reached %i', (heights, agreed) => {
  expect(agreedHeight(heights)).toBe(agreed)
})
