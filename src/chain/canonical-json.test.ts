import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalJson, isCanonicalValue } from './canonical-json.ts'

it('sorts keys by code unit, at every depth', () => {
  expect(canonicalJson({ b: 1, a: [{ z: true, y: 'é"' }], B: -3, aa: {} })).toBe(
    '{"B":-3,"a":[{"y":"é\\"","z":true}],"aa":{},"b":1}',
  )
})

it.each([0.5, Number.NaN, 2 ** 53, undefined, null, new Date(0), '\ud800'])('has no form for %s', (value) => {
  expect(isCanonicalValue(value)).toBe(false)
})

it('depends on the value alone, and keeps it', () => {
  const values = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.string({ unit: 'grapheme' }),
      fc.boolean(),
      fc.maxSafeInteger(),
      fc.array(tie('value')),
      fc.dictionary(fc.string(), tie('value')),
    ),
  })).value
  fc.assert(
    fc.property(values, (value) => {
      const text = canonicalJson(value)
      expect(isCanonicalValue(value)).toBe(true)
      expect(canonicalJson(JSON.parse(text))).toBe(text)
    }),
  )
})
