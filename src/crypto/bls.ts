import { assert } from '../primitives/assert.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import { type Bytes, bytesEqual, toHex } from '../primitives/bytes.ts'
import {
  addKeys,
  addSignatures,
  decodeKey,
  decodeSignature,
  deriveSecretKey,
  encodeKey,
  encodeSignature,
  type KeyPoint,
  type PointSet,
  publicKeyOf,
  signMessage,
  verifyOne,
  verifyShared,
  verifyTogether,
} from './bls-native.ts'
import { taggedHash } from './hash.ts'
import type { SignatureItem } from './verified.ts'

/**
 * BLS signatures over BLS12-381, min-pk (keys in G1, signatures in G2), ciphersuite BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_, for
 * votes and the certificates they aggregate into. Keys and signatures from others are refused when they are not canonical, not in
 * the subgroup, or the point at infinity. Aggregating over one message is sound only for keys whose possession is proved.
 */
export interface BlsKeypair {
  /** 48 bytes, compressed. */
  readonly publicKey: Bytes
  /** 32 bytes, a scalar. */
  readonly secretKey: Bytes
}

export const blsSeedBytes = 32
export const blsPublicKeyBytes = 48
export const blsSignatureBytes = 96

/** @param seed 32 unpredictable bytes, from which the secret scalar is derived by the draft's KeyGen. */
export function blsKeypair(seed: Bytes): BlsKeypair {
  assert(seed.length === blsSeedBytes, 'a BLS seed has 32 bytes')
  const secretKey = deriveSecretKey(seed)
  return { publicKey: publicKeyOf(secretKey), secretKey }
}

/** The 96-byte signature of the message: deterministic, no randomness needed. */
export function blsSign(keypair: BlsKeypair, message: Bytes): Bytes {
  return signMessage(keypair.secretKey, message)
}

/** False for anything but a valid signature, whatever the bytes and their lengths. */
export function blsVerify(publicKey: Bytes, message: Bytes, signature: Bytes): boolean {
  const set = decodeItem({ publicKey, message, signature })
  return set !== undefined && verifyOne(set)
}

/**
 * Which of the items hold. All are checked in one equation with random coefficients (drawn inside the library, the only randomness
 * below the ports: it decides nothing but how a forger fails) and bisected where it fails, so n good items cost about half of n
 * checks, and one bad item among them 2 log n further ones.
 */
export function blsVerifyBatch(items: readonly SignatureItem[]): readonly boolean[] {
  const valid: boolean[] = items.map(() => false)
  const sets: PointSet[] = []
  const places: number[] = []
  for (const [index, item] of items.entries()) {
    const set = decodeItem(item)
    if (set === undefined) continue
    sets.push(set)
    places.push(index)
  }
  bisect(sets, places, valid)
  return valid
}

function bisect(sets: readonly PointSet[], places: readonly number[], valid: boolean[]): void {
  const [first] = sets
  if (first === undefined) return
  if (sets.length === 1 ? verifyOne(first) : verifyTogether(sets)) {
    for (const place of places) valid[place] = true
    return
  }
  if (sets.length === 1) return
  const middle = sets.length >>> 1
  bisect(sets.slice(0, middle), places.slice(0, middle), valid)
  bisect(sets.slice(middle), places.slice(middle), valid)
}

/** Whether the signature is the aggregate of all these keys' signatures of the one message. False for no keys. */
export function blsFastAggregateVerify(publicKeys: readonly Bytes[], message: Bytes, signature: Bytes): boolean {
  const keys = decodeKeys(publicKeys)
  const point = signature.length === blsSignatureBytes ? decodeSignature(signature) : undefined
  if (keys === undefined || keys.length === 0 || point === undefined) return false
  return verifyShared(keys, message, point)
}

/** The sum of one or more signatures, all of which have been verified: one that does not decode is our bug. */
export function aggregateSignatures(signatures: readonly Bytes[]): Bytes {
  assert(signatures.length > 0, 'there is a signature to aggregate')
  const points = signatures.map((signature) => {
    const point = signature.length === blsSignatureBytes ? decodeSignature(signature) : undefined
    assert(point !== undefined, 'an aggregated signature is well-formed')
    return point
  })
  return encodeSignature(addSignatures(points))
}

/** The sum of the keys; `undefined` when there is none, one is not a key, or they cancel out. */
export function aggregatePublicKeys(publicKeys: readonly Bytes[]): Bytes | undefined {
  const keys = decodeKeys(publicKeys)
  if (keys === undefined || keys.length === 0) return undefined
  const sum = encodeKey(addKeys(keys))
  return isInfinity(sum) ? undefined : sum
}

/** Whether these 48 bytes are a key: canonical, in the subgroup, not infinity. */
export function isBlsPublicKey(publicKey: Bytes): boolean {
  return decodedKey(publicKey) !== undefined
}

/**
 * A signature of the key by itself, without which an attacker could register a key that cancels another's (rogue keys). The tag in
 * the message sets it apart from votes, as the library's ciphersuite is fixed: docs/adr/0003-possession-under-the-vote-ciphersuite.md.
 */
export function provePossession(keypair: BlsKeypair): Bytes {
  return signMessage(keypair.secretKey, possessionMessage(keypair.publicKey))
}

export function verifyPossession(publicKey: Bytes, proof: Bytes): boolean {
  return blsVerify(publicKey, possessionMessage(publicKey), proof)
}

function possessionMessage(publicKey: Bytes): Bytes {
  return taggedHash('synod/possession', publicKey)
}

function decodeItem({ publicKey, message, signature }: SignatureItem): PointSet | undefined {
  if (signature.length !== blsSignatureBytes) return undefined
  const key = decodedKey(publicKey)
  if (key === undefined) return undefined
  const point = decodeSignature(signature)
  return point === undefined ? undefined : { key, message, signature: point }
}

function decodeKeys(publicKeys: readonly Bytes[]): readonly KeyPoint[] | undefined {
  const keys: KeyPoint[] = []
  for (const publicKey of publicKeys) {
    const key = decodedKey(publicKey)
    if (key === undefined) return undefined
    keys.push(key)
  }
  return keys
}

/**
 * Decoding a key costs a fifth of a verification, and validators keep theirs: the largest set and its successor fit. A cache of a
 * pure function, so it changes no result.
 */
const decodedKeys = createBoundedMap<string, KeyPoint>(2048)

function decodedKey(publicKey: Bytes): KeyPoint | undefined {
  if (publicKey.length !== blsPublicKeyBytes) return undefined
  const name = toHex(publicKey)
  const known = decodedKeys.get(name)
  if (known !== undefined) return known
  const key = decodeKey(publicKey)
  if (key !== undefined) decodedKeys.set(name, key)
  return key
}

const infinity = new Uint8Array(blsPublicKeyBytes)
infinity[0] = 0xc0

function isInfinity(publicKey: Bytes): boolean {
  return bytesEqual(publicKey, infinity)
}
