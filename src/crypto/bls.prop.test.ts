import fc from 'fast-check'
import { expect, it } from 'vitest'
import { blsKeypair, blsSign } from './bls.ts'
import * as browser from './bls-browser.ts'
import * as native from './bls-native.ts'

const seed = fc.uint8Array({ minLength: 32, maxLength: 32 })

it('both libraries make the same keys and signatures', () => {
  fc.assert(
    fc.property(seed, fc.uint8Array({ maxLength: 100 }), (bytes, message) => {
      const secretKey = native.deriveSecretKey(bytes)
      expect(browser.deriveSecretKey(bytes)).toEqual(secretKey)
      expect(browser.publicKeyOf(secretKey)).toEqual(native.publicKeyOf(secretKey))
      expect(browser.signMessage(secretKey, message)).toEqual(native.signMessage(secretKey, message))
    }),
    { numRuns: 15 },
  )
})

it('both libraries decode the same keys and signatures, whatever is flipped in them', () => {
  const keypair = blsKeypair(new Uint8Array(32).fill(3))
  const signature = blsSign(keypair, new Uint8Array(5))
  const flips = fc.array(fc.nat(48 * 8 - 1), { maxLength: 3 })
  fc.assert(
    fc.property(flips, fc.boolean(), (bits, topOnly) => {
      const flip = (bytes: Uint8Array) => {
        const flipped = bytes.slice()
        for (const bit of bits) flipped[topOnly ? 0 : bit >> 3]! ^= 1 << (bit & 7)
        return flipped
      }
      const key = flip(keypair.publicKey)
      expect(browser.decodeKey(key) !== undefined).toBe(native.decodeKey(key) !== undefined)
      const [whole, summand] = [browser.decodeKey(key), browser.decodeSummand(key)]
      if (whole) expect(summand?.equals(whole)).toBe(true)
      const altered = flip(signature)
      expect(browser.decodeSignature(altered) !== undefined).toBe(native.decodeSignature(altered) !== undefined)
    }),
    { numRuns: 150 },
  )
})
