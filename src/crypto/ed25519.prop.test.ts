import { ed25519 } from '@noble/curves/ed25519.js'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Bytes, concatBytes } from '../primitives/bytes.ts'
import { ed25519Keypair, ed25519Sign } from './ed25519.ts'
import * as browser from './ed25519-browser.ts'
import * as native from './ed25519-native.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const order = ed25519.Point.Fn.ORDER

function littleEndian(value: bigint): Bytes {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * index)) & 255n))
}

function number(encoded: Bytes): bigint {
  return encoded.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
}

/** The eight points whose order divides 8, in every encoding that decodes to one of them when decoded loosely. */
const lowOrder = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '0000000000000000000000000000000000000000000000000000000000000000',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
].map((text) => new Uint8Array(Buffer.from(text, 'hex')))

/** A good signature, then one change of the kinds in which verifiers are known to differ. */
const mutated = fc
  .record({ seed: bytes(32), message: fc.uint8Array({ maxLength: 80 }), torsion: fc.nat(7), low: fc.nat(lowOrder.length - 1) })
  .chain(({ seed, message, torsion, low }) => {
    const keypair = ed25519Keypair(seed)
    const { publicKey } = keypair
    const signature = ed25519Sign(keypair, message)
    const [r, s] = [signature.slice(0, 32), signature.slice(32)]
    const lowPoint = lowOrder[low] as Bytes
    const shifted = (point: Bytes) => {
      const stray = ed25519.Point.fromBytes(lowOrder[torsion] as Bytes, true)
      return ed25519.Point.fromBytes(point).add(stray).toBytes()
    }
    const flip = (target: Bytes) =>
      fc
        .nat(target.length * 8 - 1)
        .map((bit) => target.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)))
    return fc.oneof(
      fc.constant({ publicKey, message, signature }),
      flip(signature).map((changed) => ({ publicKey, message, signature: changed })),
      flip(publicKey).map((changed) => ({ publicKey: changed, message, signature })),
      fc.integer({ min: 1, max: 8 }).map((times) => {
        const larger = number(s) + BigInt(times) * order
        return { publicKey, message, signature: concatBytes(r, littleEndian(larger & ((1n << 256n) - 1n))) }
      }),
      fc.constant({ publicKey: lowPoint, message, signature }),
      fc.constant({ publicKey, message, signature: concatBytes(lowPoint, s) }),
      fc.constant({ publicKey: shifted(publicKey), message, signature }),
      fc.constant({ publicKey, message, signature: concatBytes(shifted(r), s) }),
      fc.record({ publicKey: bytes(32), message: fc.constant(message), signature: bytes(64) }),
    )
  })

it('libsodium and the browser’s verifier agree on good, altered, shifted and random signatures', () => {
  const seen = { true: 0, false: 0 }
  fc.assert(
    fc.property(mutated, ({ publicKey, message, signature }) => {
      const verdict = native.verifyDetached(publicKey, message, signature)
      seen[`${verdict}`] += 1
      expect(browser.verifyDetached(publicKey, message, signature)).toBe(verdict)
    }),
    { numRuns: 400 },
  )
  expect(seen.true).toBeGreaterThan(10)
  expect(seen.false).toBeGreaterThan(100)
})

it('agree on keys with a component of small order that were signed with on purpose', () => {
  fc.assert(
    fc.property(
      bytes(32),
      bytes(32),
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(7),
      fc.nat(7),
      (a, b, message, torsionA, torsionR) => {
        // A = aB + T and R = rB + T': whether S = r + ka is accepted depends on whether T' + kT vanishes and on nothing else.
        const torsion = (index: number) => ed25519.Point.fromBytes(lowOrder[index] as Bytes, true)
        const secret = (number(a) % (order - 1n)) + 1n
        const nonce = (number(b) % (order - 1n)) + 1n
        const publicKey = ed25519.Point.BASE.multiply(secret).add(torsion(torsionA)).toBytes()
        const encodedR = ed25519.Point.BASE.multiply(nonce).add(torsion(torsionR)).toBytes()
        const k = browser.challenge(encodedR, publicKey, message)
        const signature = concatBytes(encodedR, littleEndian((nonce + k * secret) % order))
        const residue = torsion(torsionR).add(torsion(torsionA).multiplyUnsafe(k % 8n))
        const expected = residue.is0()
        expect(native.verifyDetached(publicKey, message, signature)).toBe(expected)
        expect(browser.verifyDetached(publicKey, message, signature)).toBe(expected)
        // The cofactored equation does not see the difference.
        expect(ed25519.verify(signature, message, publicKey, { zip215: true })).toBe(true)
      },
    ),
    { numRuns: 150 },
  )
})
