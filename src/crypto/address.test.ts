import { bech32, bech32m } from '@scure/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressOf, decodeAddress, encodeAddress } from './address.ts'
import { taggedHash } from './hash.ts'

const address = addressOf(new Uint8Array(32).fill(5))
const text = encodeAddress('syn', address)

describe('an address', () => {
  it('is the head of the tagged hash of the key', () => {
    expect(address).toEqual(taggedHash('synod/address', new Uint8Array(32).fill(5)).slice(0, 20))
  })

  it('comes back from its text, in lower and in upper case', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 20, maxLength: 20 }),
        fc.constantFrom('s', 'syn', 'x'.repeat(32)),
        (bytes, prefix) => {
          expect(decodeAddress(prefix, encodeAddress(prefix, bytes))).toEqual({ ok: true, value: bytes })
          expect(decodeAddress(prefix, encodeAddress(prefix, bytes).toUpperCase())).toEqual({ ok: true, value: bytes })
        },
      ),
    )
  })

  it('of another chain is refused', () => {
    expect(decodeAddress('other', text)).toMatchObject({ ok: false, error: { code: 'ADDRESS_PREFIX' } })
  })

  it('shows every single mistyped character', () => {
    for (let index = 0; index < text.length; index++) {
      for (const character of ['q', 'p', '1', 'b', ' ', 'Q']) {
        if (text[index] === character) continue
        const mistyped = text.slice(0, index) + character + text.slice(index + 1)
        expect(decodeAddress('syn', mistyped).ok, mistyped).toBe(false)
      }
    }
  })

  it.each([
    ['nothing', ''],
    ['another checksum (bech32)', bech32.encode('syn', bech32.toWords(address))],
    ['19 bytes', bech32m.encode('syn', bech32m.toWords(address.slice(1)))],
    ['21 bytes', bech32m.encode('syn', bech32m.toWords(new Uint8Array(21)))],
    ['bits of padding that are not zero', bech32m.encode('syn', [...bech32m.toWords(new Uint8Array(21)).slice(0, 33)])],
    ['mixed case', text.slice(0, -1) + text.slice(-1).toUpperCase() + text.slice(0, 0)],
    ['a million characters', 'syn1'.padEnd(1_000_000, 'q')],
    ['a surrogate', 'syn1\ud800'],
  ])('is not made of %s', (_, wrong) => {
    if (wrong === text) return // A digit has no upper case.
    expect(decodeAddress('syn', wrong)).toMatchObject({ ok: false, error: { code: 'ADDRESS_MALFORMED' } })
  })
})
