import fc from 'fast-check'
import { expect, test } from 'vitest'
import { utf8 } from './bytes.ts'
import { createRollingBloom } from './rolling-bloom.ts'

const key = (name: string, index: number) => utf8(`${name} ${index} of the keys`)
const salt = Uint8Array.from({ length: 8 }, (_, index) => index * 31)

test('the last keys are known, as many as it has capacity for, whatever they are', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 300 }),
      fc.uint8Array({ minLength: 8, maxLength: 8 }),
      (capacity, keys, anySalt) => {
        const bloom = createRollingBloom({ capacity, falsePositiveRate: 0.01, salt: anySalt })
        for (const [index, added] of keys.entries()) {
          bloom.add(added)
          for (const recent of keys.slice(Math.max(0, index + 1 - capacity), index + 1)) expect(bloom.has(recent)).toBe(true)
        }
      },
    ),
    { numRuns: 40 },
  )
})

test.each([0.05, 0.01, 0.001])(
  'a stranger is taken for known %d of the time at most, also after long use',
  (falsePositiveRate) => {
    const bloom = createRollingBloom({ capacity: 2048, falsePositiveRate, salt })
    for (let index = 0; index < 20_000; index++) bloom.add(key('added', index))
    let mistaken = 0
    for (let index = 0; index < 50_000; index++) if (bloom.has(key('stranger', index))) mistaken += 1
    expect(mistaken / 50_000).toBeLessThan(falsePositiveRate * 1.3)
  },
)

test('what was added long ago is forgotten', () => {
  const bloom = createRollingBloom({ capacity: 100, falsePositiveRate: 0.001, salt })
  for (let index = 0; index < 1000; index++) bloom.add(key('added', index))
  const remembered = Array.from({ length: 800 }, (_, index) => bloom.has(key('added', index))).filter(Boolean)
  expect(remembered.length).toBeLessThan(8)
})

test('who adds one key again and again displaces nobody', () => {
  const bloom = createRollingBloom({ capacity: 10, falsePositiveRate: 0.001, salt })
  bloom.add(key('honest', 0))
  for (let turn = 0; turn < 1000; turn++) bloom.add(key('repeated', 0))
  expect(bloom.has(key('honest', 0))).toBe(true)
})

test('the salt decides where keys fall', () => {
  const other = createRollingBloom({ capacity: 64, falsePositiveRate: 0.3, salt: salt.map((byte) => byte + 1) })
  const bloom = createRollingBloom({ capacity: 64, falsePositiveRate: 0.3, salt })
  for (let index = 0; index < 64; index++) for (const each of [bloom, other]) each.add(key('added', index))
  const differ = Array.from({ length: 1000 }, (_, index) => bloom.has(key('x', index)) !== other.has(key('x', index)))
  expect(differ.filter(Boolean).length).toBeGreaterThan(50)
})

test('4,096 keys at one mistake in a thousand take under 14 KB', () => {
  expect(createRollingBloom({ capacity: 4096, falsePositiveRate: 0.001, salt }).bytes).toBeLessThan(14_000)
})
