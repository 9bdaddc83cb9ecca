import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Bytes, fromHex, utf8 } from '../primitives/bytes.ts'
import { ed25519Keypair, ed25519Sign, ed25519Verify } from './ed25519.ts'
import * as browser from './ed25519-browser.ts'
import * as native from './ed25519-native.ts'

const folder = join(import.meta.dirname, '../../../shared/vectors/ed25519')
const hex = (text: string): Bytes => fromHex(text) as Bytes

function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as T
}

/** The policy's three ways to accept or not: what the others must all say. */
function verdicts(publicKey: Bytes, message: Bytes, signature: Bytes): readonly boolean[] {
  const all = [ed25519Verify(publicKey, message, signature)]
  if (publicKey.length !== 32 || signature.length !== 64) return all
  return [...all, native.verifyDetached(publicKey, message, signature), browser.verifyDetached(publicKey, message, signature)]
}

describe.skipIf(!existsSync(folder))('one Ed25519 policy (skipped without ../shared/vectors)', () => {
  it('gives the verdicts of all 151 Wycheproof cases, natively and in a browser', () => {
    interface Group {
      readonly publicKey: { readonly pk: string }
      readonly tests: readonly { readonly tcId: number; readonly msg: string; readonly sig: string; readonly result: string }[]
    }
    const { testGroups } = vectors<{ testGroups: readonly Group[] }>('wycheproof-ed25519.json')
    let count = 0
    for (const { publicKey, tests } of testGroups) {
      for (const { tcId, msg, sig, result } of tests) {
        const seen = verdicts(hex(publicKey.pk), hex(msg), hex(sig))
        expect(new Set(seen), `case ${tcId}`).toEqual(new Set([result === 'valid']))
        count += 1
      }
    }
    expect(count).toBe(151)
  })

  it('accepts of all 914 edge cases those without small order, residue or non-canonical bytes', () => {
    type Case = {
      readonly number: number
      readonly key: string
      readonly sig: string
      readonly msg: string
      readonly flags: string[] | null
    }
    const cases = vectors<readonly Case[]>('cctv-ed25519.json')
    const refused = new Set([
      'low_order_A',
      'low_order_R',
      'low_order_residue',
      'non_canonical_A',
      'non_canonical_R',
      'reencoded_k',
    ])
    for (const { number, key, sig, msg, flags } of cases) {
      const expected = !(flags ?? []).some((flag) => refused.has(flag))
      expect(new Set(verdicts(hex(key), utf8(msg), hex(sig))), `case ${number} ${flags}`).toEqual(new Set([expected]))
    }
    expect(cases.length).toBe(914)
  })
})

describe('Ed25519 keys and signatures', () => {
  // RFC 8032, section 7.1, test 2.
  const seed = hex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb')
  const publicKey = hex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c')
  const signature = hex(
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  )

  it('follow RFC 8032, natively and in a browser', () => {
    const keypair = ed25519Keypair(seed)
    expect(keypair.publicKey).toEqual(publicKey)
    expect(browser.publicKeyFromSeed(seed)).toEqual(publicKey)
    expect(ed25519Sign(keypair, hex('72'))).toEqual(signature)
    expect(browser.signDetached(keypair.secretKey, hex('72'))).toEqual(signature)
    expect(verdicts(publicKey, hex('72'), signature)).toEqual([true, true, true])
  })

  it.each([
    ['a key too short', publicKey.subarray(1), signature],
    ['a key too long', hex('00'.repeat(33)), signature],
    ['no key', new Uint8Array(0), signature],
    ['a signature too short', publicKey, signature.subarray(1)],
    ['a signature with a byte more', publicKey, new Uint8Array([...signature, 0])],
    ['no signature', publicKey, new Uint8Array(0)],
  ])('refuse %s', (_, key, bytes) => {
    expect(ed25519Verify(key, hex('72'), bytes)).toBe(false)
  })
})
