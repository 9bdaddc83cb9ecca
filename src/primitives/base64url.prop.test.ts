import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fromBase64url, toBase64url } from './base64url.ts'

it('reads what it writes, which is what Node writes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(toBase64url(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
      expect(fromBase64url(toBase64url(bytes))).toEqual(new Uint8Array(bytes))
    }),
  )
})

it('each byte string has one text', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'AZaz09-_=+/ '), maxLength: 12 }), (text) => {
      const bytes = fromBase64url(text)
      expect(bytes === undefined || toBase64url(bytes) === text).toBe(true)
    }),
  )
  expect(['A', 'AB', 'AA==', 'AA\n', '+A'].map(fromBase64url)).toEqual(Array(5).fill(undefined))
})
