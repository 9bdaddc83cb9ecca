import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Bytes, concatBytes, toHex, utf8 } from '../primitives/bytes.ts'
import { sha256, taggedHash } from './hash.ts'
import * as browser from './sha256-browser.ts'
import * as native from './sha256-native.ts'

describe('SHA-256', () => {
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
  ])('of %j follows FIPS 180-4', (text, digest) => {
    expect(toHex(native.sha256Digest(utf8(text)))).toBe(digest)
    expect(toHex(browser.sha256Digest(utf8(text)))).toBe(digest)
  })

  it('is the same natively and in a browser, and belongs to the caller', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const digest = native.sha256Digest(bytes)
        expect(digest).toEqual(browser.sha256Digest(bytes))
        expect(digest.constructor).toBe(Uint8Array)
        expect(digest.buffer.byteLength).toBe(32)
      }),
    )
  })
})

describe('a tagged hash', () => {
  it('is of tag and parts, each behind its length', () => {
    const preimage = [
      Uint8Array.of(10),
      utf8('synod/vote'),
      Uint8Array.of(0, 0, 0, 1, 7),
      Uint8Array.of(0, 0, 1, 0),
      new Uint8Array(256),
    ]
    expect(taggedHash('synod/vote', Uint8Array.of(7), new Uint8Array(256))).toEqual(sha256(concatBytes(...preimage)))
    expect(toHex(taggedHash('synod/vote'))).toBe(toHex(sha256(new Uint8Array(Buffer.from('0a73796e6f642f766f7465', 'hex')))))
  })

  it('differs for every other tag or list of parts', () => {
    const call = fc.tuple(
      fc.constantFrom('ab', 'abc', 'synod/a', 'synod/b'),
      fc.array(fc.uint8Array({ maxLength: 5 }), { maxLength: 3 }),
    )
    fc.assert(
      fc.property(call, call, ([tagA, partsA], [tagB, partsB]) => {
        const same = JSON.stringify([tagA, partsA.map(toHex)]) === JSON.stringify([tagB, partsB.map(toHex)])
        expect(toHex(taggedHash(tagA, ...partsA)) === toHex(taggedHash(tagB, ...partsB))).toBe(same)
      }),
    )
  })

  it.each(['', 'a', 'with space', 'ümlaut', 'x'.repeat(65)])('has no tag like %j', (tag) => {
    expect(() => taggedHash(tag, new Uint8Array(0) as Bytes)).toThrow('a hash tag')
  })
})
