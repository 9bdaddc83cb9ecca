import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesEqual, compareBytes, concatBytes, fromHex, toHex, utf8 } from './bytes.ts'

const bytes = fc.uint8Array({ maxLength: 40 })

describe('bytes', () => {
  test('compare as Buffer does, and are equal exactly when they compare as 0', () => {
    fc.assert(
      fc.property(bytes, bytes, (left, right) => {
        expect(compareBytes(left, right)).toBe(Buffer.compare(left, right))
        expect(bytesEqual(left, right)).toBe(compareBytes(left, right) === 0)
        expect(bytesEqual(left, Uint8Array.from(left))).toBe(true)
      }),
    )
  })

  test('a prefix comes before what it begins', () => {
    fc.assert(
      fc.property(bytes, fc.uint8Array({ minLength: 1 }), (head, tail) => {
        expect(compareBytes(head, concatBytes(head, tail))).toBe(-1)
      }),
    )
  })

  test('concatenate in order, into a copy', () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 5 }), (parts) => {
        expect([...concatBytes(...parts)]).toEqual(parts.flatMap((part) => [...part]))
      }),
    )
    const part = Uint8Array.of(1)
    expect(concatBytes(part)).not.toBe(part)
  })

  test('survive hexadecimal, in either case', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(toHex(value)).toBe(Buffer.from(value).toString('hex'))
        expect(fromHex(toHex(value))).toEqual(value)
        expect(fromHex(toHex(value).toUpperCase())).toEqual(value)
      }),
    )
  })

  test.each(['0', 'abc', 'zz', '0x00', ' 00', '0\n', '00\n', '٠٠'])('%j is not hexadecimal', (text) => {
    expect(fromHex(text)).toBeUndefined()
  })

  test('text becomes UTF-8', () => {
    expect([...utf8('é')]).toEqual([0xc3, 0xa9])
  })
})
