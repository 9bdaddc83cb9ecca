import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Hash, sha256 } from '../../crypto/hash.ts'
import { toHex, utf8 } from '../../primitives/bytes.ts'
import { createCells, createEncoder, decodeCells, encodeCells } from './coded-symbols.ts'
import { createPeeling, type Difference } from './peeling.ts'
import { encodeShortId, type ShortIds, shortIdsOf } from './short-id.ts'

const salt = new Uint8Array(16).fill(7)
const hashes = (name: string, count: number): Hash[] =>
  Array.from({ length: count }, (_, index) => sha256(utf8(`${name} ${index}`)))

/** Compares two sets as two nodes would, in parts of `step` symbols. */
function compare(own: ShortIds, other: ShortIds, step: number): { difference: Difference | undefined; symbols: number } {
  const encoder = createEncoder(other)
  const peeling = createPeeling(own, 16_384)
  for (let from = 0; from < 16_384; from += step) {
    const cells = decodeCells(encodeCells(encoder.cells(from, from + step)))
    const result = peeling.add(cells!)
    if (!result.ok) throw new Error(result.error.detail)
    if (result.value) return { difference: result.value, symbols: peeling.received }
  }
  return { difference: undefined, symbols: 16_384 }
}

test('the difference of any two sets is found, all of it and nothing else', () => {
  const size = fc.nat(150)
  fc.assert(
    fc.property(
      size,
      size,
      size,
      fc.integer({ min: 1, max: 20 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      (...drawn) => {
        const [shared, alone, theirs, step, anySalt] = drawn
        const common = hashes('both', shared)
        const own = [...hashes('own', alone), ...common]
        const others = [...common, ...hashes('theirs', theirs)]
        const { difference, symbols } = compare(shortIdsOf(anySalt, own), shortIdsOf(anySalt, others), step)
        const lacking = shortIdsOf(anySalt, hashes('theirs', theirs))
        const expected = Array.from(lacking.low, (low, index) => toHex(encodeShortId(low, lacking.high[index] as number)))
        expect(difference?.theirs).toHaveLength(theirs)
        expect(new Set(difference?.theirs.map(toHex))).toEqual(new Set(expected))
        expect(difference?.ours.toSorted((left, right) => left - right)).toEqual(
          Array.from({ length: alone }, (_, index) => index),
        )
        expect(symbols).toBeLessThan(4 * (alone + theirs) + 20 + step)
      },
    ),
  )
})

test.each([
  [0, 8],
  [1, 12],
  [10, 40],
  [100, 200],
  [1000, 1600],
])('a difference of %i among 2,000 takes at most %i symbols', (size, most) => {
  const common = hashes('both', 2000)
  const { difference, symbols } = compare(shortIdsOf(salt, common), shortIdsOf(salt, [...common, ...hashes('theirs', size)]), 4)
  expect(difference?.theirs).toHaveLength(size)
  expect(symbols).toBeLessThanOrEqual(most)
})

test('nonsense ends, cleanly, and never names more items than it has cells', () => {
  const own = shortIdsOf(salt, hashes('own', 50))
  const garbage = fc.array(fc.tuple(fc.uint8Array({ minLength: 14, maxLength: 14 }), fc.nat(3)), { minLength: 1, maxLength: 100 })
  fc.assert(
    fc.property(garbage, (cells) => {
      const peeling = createPeeling(own, 128)
      for (const [bytes, repeat] of cells) {
        const message = new Uint8Array(14 * (repeat + 1))
        for (let copy = 0; copy <= repeat; copy++) message.set(bytes, 14 * copy)
        const result = peeling.add(decodeCells(message)!)
        expect(peeling.received).toBeLessThanOrEqual(128 + 4)
        if (!result.ok) return expect(result.error.code).toBe('RECONCILIATION_INVALID')
        if (result.value)
          return expect(result.value.theirs.length + result.value.ours.length).toBeLessThanOrEqual(peeling.received)
      }
    }),
  )
})

test.each<[string, (cells: ReturnType<typeof createCells>) => void]>([
  ['an own item taken from a set that has it', (cells) => cells.count.fill(0, 0, 1)],
  ['one item over and over', (cells) => cells.low.fill(9)],
])('%s is found out or is not enough', (_, spoil) => {
  const own = shortIdsOf(salt, hashes('own', 20))
  const cells = createEncoder(shortIdsOf(salt, hashes('theirs', 20))).cells(0, 100)
  spoil(cells)
  const result = createPeeling(own, 100).add(cells)
  expect(result.ok ? result.value : undefined).toBeUndefined()
})

test('symbols that leave something over where nothing can be are refused', () => {
  const own = shortIdsOf(salt, hashes('own', 20))
  const cells = createEncoder(own).cells(0, 8)
  cells.low[5] = (cells.low[5] as number) ^ 1
  expect(createPeeling(own, 100).add(cells)).toMatchObject({ ok: false, error: { code: 'RECONCILIATION_INVALID' } })
})

test('more symbols than were asked for are refused, and half a symbol is none', () => {
  const peeling = createPeeling(shortIdsOf(salt, []), 8)
  expect(peeling.add(createCells(9)).ok).toBe(false)
  expect(decodeCells(new Uint8Array(13))).toBeUndefined()
})
