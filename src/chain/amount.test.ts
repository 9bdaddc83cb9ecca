import fc from 'fast-check'
import { expect, it } from 'vitest'
import { amountMax, formatTokens, parseTokens } from './amount.ts'

it.each([
  ['0', 0n],
  ['1', 1_000_000_000n],
  ['1_000_000', 1_000_000_000_000_000n],
  ['0.000000001', 1n],
  ['12.5', 12_500_000_000n],
  ['18446744073.709551615', amountMax],
  ['18446744073.709551616', undefined],
  ['0.0000000001', undefined],
  ['01', undefined],
  ['1_00', undefined],
  ['-1', undefined],
  ['1.', undefined],
  ['.5', undefined],
  ['1e3', undefined],
  ['', undefined],
  ['٣', undefined],
])('%s tokens are %s base units', (text, units) => {
  expect(parseTokens(text)).toBe(units)
})

it('every amount is written so that it reads as itself', () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: amountMax }), (units) => parseTokens(formatTokens(units)) === units))
})
