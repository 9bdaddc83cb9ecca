import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { type Bytes, fromHex, toHex, utf8 } from '../primitives/bytes.ts'
import type { BlsKeypair } from './bls.ts'
import * as browser from './bls-browser.ts'
import * as native from './bls-native.ts'

const hex = (text: string): Bytes => fromHex(text) as Bytes
const vote = utf8('a vote')
const infinityKey = hex(`c0${'00'.repeat(47)}`)
const infinitySignature = hex(`c0${'00'.repeat(95)}`)
/** On the curve, outside the subgroup. */
const strayKey = hex(`80${'00'.repeat(46)}04`)

describe.each(['native', 'browser'] as const)('BLS by the %s library', (library) => {
  let bls: typeof import('./bls.ts')
  let certificates: typeof import('./verified-certificates.ts')

  beforeAll(async () => {
    vi.resetModules()
    if (library === 'browser') vi.doMock('./bls-native.ts', () => import('./bls-browser.ts'))
    bls = await import('./bls.ts')
    certificates = await import('./verified-certificates.ts')
    return () => vi.doUnmock('./bls-native.ts')
  })

  /** Made once: in plain JavaScript a key takes milliseconds. */
  const made = new Map<number, BlsKeypair>()
  function keypair(index: number): BlsKeypair {
    const pair = made.get(index) ?? bls.blsKeypair(new Uint8Array(32).fill(index))
    made.set(index, pair)
    return pair
  }
  const keypairs = (count: number) => Array.from({ length: count }, (_, index) => keypair(index + 1))

  it('derives the key and the signature that the other library derives', () => {
    const { publicKey, secretKey } = keypair(7)
    expect(toHex(publicKey)).toBe(toHex(native.publicKeyOf(native.deriveSecretKey(new Uint8Array(32).fill(7)))))
    expect(toHex(browser.publicKeyOf(secretKey))).toBe(toHex(publicKey))
    expect(toHex(browser.signMessage(secretKey, vote))).toBe(toHex(native.signMessage(secretKey, vote)))
    expect([publicKey.length, secretKey.length, bls.blsSign(keypair(7), vote).length]).toEqual([48, 32, 96])
  })

  it('accepts a signature of this key and message, and no other', () => {
    const { publicKey } = keypair(1)
    const signature = bls.blsSign(keypair(1), vote)
    expect(bls.blsVerify(publicKey, vote, signature)).toBe(true)
    expect(bls.blsVerify(publicKey, utf8('another vote'), signature)).toBe(false)
    expect(bls.blsVerify(keypair(2).publicKey, vote, signature)).toBe(false)
    expect(bls.blsVerify(publicKey, vote, bls.blsSign(keypair(2), vote))).toBe(false)
  })

  it.each([
    ['infinity', infinityKey],
    ['a point outside the subgroup', strayKey],
    ['nothing', new Uint8Array(0)],
    ['zeros', new Uint8Array(48)],
    ['an uncompressed key', hex(`17f1d3${'00'.repeat(93)}`)],
  ])('refuses %s for a key', (_, key) => {
    expect(bls.isBlsPublicKey(key)).toBe(false)
    expect(bls.blsVerify(key, vote, bls.blsSign(keypair(1), vote))).toBe(false)
    expect(bls.blsVerify(key, vote, infinitySignature)).toBe(false)
    expect(bls.blsFastAggregateVerify([keypair(1).publicKey, key], vote, bls.blsSign(keypair(1), vote))).toBe(false)
    expect(bls.aggregatePublicKeys([keypair(1).publicKey, key])).toBeUndefined()
    expect(bls.verifyPossession(key, infinitySignature)).toBe(false)
  })

  it.each([
    ['infinity', infinitySignature],
    ['nothing', new Uint8Array(0)],
    ['zeros', new Uint8Array(96)],
    ['a byte more', new Uint8Array(97)],
  ])('refuses %s for a signature', (_, signature) => {
    expect(bls.blsVerify(keypair(1).publicKey, vote, signature)).toBe(false)
    expect(bls.blsFastAggregateVerify([keypair(1).publicKey], vote, signature)).toBe(false)
  })

  it('aggregates signatures of one message into one that all keys have signed', () => {
    const signers = keypairs(4)
    const keys = signers.map((signer) => signer.publicKey)
    const sum = bls.aggregateSignatures(signers.map((signer) => bls.blsSign(signer, vote)))
    expect(bls.blsFastAggregateVerify(keys, vote, sum)).toBe(true)
    expect(bls.blsFastAggregateVerify(keys.slice(1), vote, sum)).toBe(false)
    expect(bls.blsFastAggregateVerify([...keys, keypair(5).publicKey], vote, sum)).toBe(false)
    expect(bls.blsFastAggregateVerify([], vote, sum)).toBe(false)
    expect(bls.blsVerify(bls.aggregatePublicKeys(keys)!, vote, sum)).toBe(true)
  })

  it('knows no sum of no keys, nor of keys that cancel', () => {
    const { publicKey } = keypair(1)
    const negated = publicKey.slice()
    negated[0]! ^= 0x20
    expect(bls.isBlsPublicKey(negated)).toBe(true)
    expect(bls.aggregatePublicKeys([])).toBeUndefined()
    expect(bls.aggregatePublicKeys([publicKey, negated])).toBeUndefined()
    expect(bls.blsFastAggregateVerify([publicKey, negated], vote, bls.blsSign(keypair(1), vote))).toBe(false)

    const signature = bls.blsSign(keypair(1), vote)
    const opposite = signature.slice()
    opposite[0]! ^= 0x20
    expect(bls.blsVerify(negated, vote, opposite)).toBe(true)
    expect(bls.aggregateSignatures([signature, opposite])).toEqual(infinitySignature)
    expect(bls.blsFastAggregateVerify([publicKey, negated], vote, infinitySignature)).toBe(false)
  })

  it.each([[[]], [[0]], [[3]], [[0, 4]], [[0, 1, 2, 3, 4]]])('finds the bad ones %j in a batch', (bad) => {
    const items = keypairs(5).map((signer, index) => {
      const message = index % 2 === 0 ? utf8(`message ${index}`) : vote
      const signature = bls.blsSign(bad.includes(index) ? keypair(99) : signer, message)
      return { publicKey: signer.publicKey, message, signature }
    })
    expect(bls.blsVerifyBatch(items)).toEqual(items.map((_, index) => !bad.includes(index)))
  })

  it('is not fooled by two forgeries that cancel in a plain sum', () => {
    const [alice, bob] = keypairs(2) as [BlsKeypair, BlsKeypair]
    const points = [alice, bob].map((signer) => bls12_381.G2.Point.fromBytes(bls.blsSign(signer, vote)))
    const offset = bls12_381.G2.Point.BASE
    const items = [
      { publicKey: alice.publicKey, message: vote, signature: points[0]!.add(offset).toBytes() },
      { publicKey: bob.publicKey, message: vote, signature: points[1]!.subtract(offset).toBytes() },
    ]
    const sum = bls.aggregateSignatures(items.map((item) => item.signature))
    expect(bls.blsFastAggregateVerify([alice.publicKey, bob.publicKey], vote, sum)).toBe(true)
    expect(bls.blsVerifyBatch(items)).toEqual([false, false])
  })

  it('proves possession of a key, and of no other', () => {
    const proof = bls.provePossession(keypair(1))
    expect(bls.verifyPossession(keypair(1).publicKey, proof)).toBe(true)
    expect(bls.verifyPossession(keypair(2).publicKey, proof)).toBe(false)
    expect(bls.verifyPossession(keypair(1).publicKey, bls.blsSign(keypair(1), keypair(1).publicKey))).toBe(false)
  })

  it('brands certificates that all their signers have signed', async () => {
    const signers = keypairs(3)
    const signature = bls.aggregateSignatures(signers.map((signer) => bls.blsSign(signer, vote)))
    const publicKeys = signers.map((signer) => signer.publicKey)
    const branded = await certificates.verifyCertificates(
      [
        { value: 'good', publicKeys, message: vote, signature },
        { value: 'one signer too many', publicKeys: [...publicKeys, keypair(9).publicKey], message: vote, signature },
        { value: 'nobody', publicKeys: [], message: vote, signature },
        { value: 'a key that is none', publicKeys: [infinityKey], message: vote, signature },
      ],
      async (items) => bls.blsVerifyBatch(items),
    )
    expect(branded).toEqual(['good', undefined, undefined, undefined])
  })
})

const folder = join(import.meta.dirname, '../../../shared/vectors/bls')

/**
 * Every Wycheproof group names the ciphersuite of the basic scheme, whose tag ends in NUL_, while blst has the tag ending in POP_
 * compiled in: natively no equation of theirs can be computed. So both libraries must decode the same points, and the equation is
 * computed by the browser's library under the vectors' own tag, on points that our decoders let through.
 */
describe.skipIf(!existsSync(folder))('Wycheproof’s BLS vectors (skipped without ../shared/vectors)', () => {
  const tag = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_'
  const { longSignatures } = bls12_381

  interface Test {
    readonly tcId: number
    readonly msg: string
    readonly sig: string
    readonly pubkeys: readonly string[]
    readonly messages: readonly string[]
    readonly result: string
  }
  interface Group {
    readonly ciphersuite: string
    readonly publicKey: { readonly pk: string }
    readonly tests: readonly Test[]
  }

  function groups(name: string): readonly Group[] {
    return (JSON.parse(readFileSync(join(folder, name), 'utf8')) as { testGroups: readonly Group[] }).testGroups
  }

  /** The point, when its length is right and both libraries accept it; they may not differ. */
  function decode<P>(text: string, length: number, here: (bytes: Bytes) => P | undefined, there: (bytes: Bytes) => unknown) {
    const bytes = hex(text)
    if (bytes.length !== length) return undefined
    const point = here(bytes)
    expect(there(bytes) !== undefined, text).toBe(point !== undefined)
    return point
  }
  const decodeKey = (text: string) => decode(text, 48, browser.decodeKey, native.decodeKey)
  const decodeSignature = (text: string) => decode(text, 96, browser.decodeSignature, native.decodeSignature)

  it('give their verdicts for 88 single signatures', () => {
    let count = 0
    for (const { ciphersuite, publicKey, tests } of groups('wycheproof-basic-verify.json')) {
      expect(ciphersuite).toBe(tag)
      for (const { tcId, msg, sig, result } of tests) {
        const key = decodeKey(publicKey.pk)
        const signature = decodeSignature(sig)
        const holds = key && signature && longSignatures.verify(signature, longSignatures.hash(hex(msg), tag), key)
        expect(holds === true, `case ${tcId}`).toBe(result === 'valid')
        count += 1
      }
    }
    expect(count).toBe(88)
  })

  it('give their verdicts for 19 aggregates', () => {
    let count = 0
    for (const { ciphersuite, tests } of groups('wycheproof-aggregate-verify.json')) {
      expect(ciphersuite).toBe(tag)
      for (const { tcId, pubkeys, messages, sig, result } of tests) {
        const keys = pubkeys.map((key) => decodeKey(key))
        const signature = decodeSignature(sig)
        // The basic scheme has no proof of possession and needs distinct messages instead.
        const wellFormed = keys.length > 0 && keys.length === messages.length && new Set(messages).size === messages.length
        const items = messages.map((message, index) => ({
          message: longSignatures.hash(hex(message), tag),
          publicKey: keys[index]!,
        }))
        const holds = wellFormed && signature && !keys.includes(undefined) && longSignatures.verifyBatch(signature, items)
        expect(holds === true, `case ${tcId}`).toBe(result === 'valid')
        count += 1
      }
    }
    expect(count).toBe(19)
  })
})
