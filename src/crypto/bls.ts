import { assert } from '../primitives/assert.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import { type Bytes, bytesEqual, compareBytes, toHex } from '../primitives/bytes.ts'
import {
  decodeKey,
  decodeSignature,
  decodeSummand,
  deriveSecretKey,
  type KeyPoint,
  publicKeyOf,
  type SignatureGroup,
  signMessage,
  sumKeys,
  sumSignatures,
  verifyShared,
  verifyTogether,
} from './bls-native.ts'
import { taggedHash } from './hash.ts'
import type { SignatureItem } from './verified.ts'

/**
 * BLS signatures over BLS12-381, min-pk (keys in G1, signatures in G2), ciphersuite BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_,
 * for votes and the certificates they aggregate into. Keys and signatures from others are refused when they are not canonical,
 * not in the subgroup, or the point at infinity. Aggregating over one message is sound only for keys whose possession is proved.
 */
export interface BlsKeypair {
  /** 48 bytes, compressed. */
  readonly publicKey: Bytes
  /** 32 bytes, a scalar. */
  readonly secretKey: Bytes
}

const seedBytes = 32
const publicKeyBytes = 48
const signatureBytes = 96

/** @param seed 32 unpredictable bytes, from which the secret scalar is derived by the draft's KeyGen. */
export function blsKeypair(seed: Bytes): BlsKeypair {
  assert(seed.length === seedBytes, 'a BLS seed has 32 bytes')
  const secretKey = deriveSecretKey(seed)
  return { publicKey: publicKeyOf(secretKey), secretKey }
}

/** The 96-byte signature of the message: deterministic, no randomness needed. */
export function blsSign(keypair: BlsKeypair, message: Bytes): Bytes {
  return signMessage(keypair.secretKey, message)
}

/** False for anything but a valid signature, whatever the bytes and their lengths. */
export function blsVerify(publicKey: Bytes, message: Bytes, signature: Bytes): boolean {
  const key = decodedKey(publicKey)
  if (key === undefined || signature.length !== signatureBytes) return false
  return verifyTogether([{ message, signers: [{ key, signature }] }])
}

/** Which of the items hold: `blsBatchSteps` in one go. */
export function blsVerifyBatch(items: readonly SignatureItem[]): readonly boolean[] {
  const steps = blsBatchSteps(items)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/**
 * Finds which of the items hold, pausing after every equation so that the caller can let others run: n bad items take up to 2n -
 * 1.
 *
 * All items are checked in one equation with random coefficients, and bisected where it fails. The coefficients come from inside
 * the library, the only randomness below the ports: it decides nothing but how unlikely it is that a forger gets through.
 */
export function* blsBatchSteps(items: readonly SignatureItem[]): Generator<void, readonly boolean[]> {
  const valid: boolean[] = items.map(() => false)
  const candidates: Candidate[] = []
  for (const [place, { publicKey, message, signature }] of items.entries()) {
    const key = decodedKey(publicKey)
    if (key !== undefined && signature.length === signatureBytes) candidates.push({ place, key, message, signature })
  }
  // Equal messages stand together: they are summed before the expensive pairing, and stay together when bisected.
  candidates.sort((left, right) => compareBytes(left.message, right.message))
  yield* bisect(candidates, valid)
  return valid
}

interface Candidate {
  readonly place: number
  readonly key: KeyPoint
  readonly message: Bytes
  readonly signature: Bytes
}

function* bisect(candidates: readonly Candidate[], valid: boolean[]): Generator<void, void> {
  if (candidates.length === 0) return
  const holds = verifyTogether(byMessage(candidates))
  yield
  if (holds) for (const { place } of candidates) valid[place] = true
  if (holds || candidates.length === 1) return
  const middle = candidates.length >>> 1
  yield* bisect(candidates.slice(0, middle), valid)
  yield* bisect(candidates.slice(middle), valid)
}

/** @param candidates sorted by message. */
function byMessage(candidates: readonly Candidate[]): readonly SignatureGroup[] {
  const groups: { message: Bytes; signers: Candidate[] }[] = []
  for (const candidate of candidates) {
    const group = groups.at(-1)
    if (group !== undefined && bytesEqual(group.message, candidate.message)) group.signers.push(candidate)
    else groups.push({ message: candidate.message, signers: [candidate] })
  }
  return groups
}

/** Whether the signature is the aggregate of all these keys' signatures of the one message. False for no keys. */
export function blsFastAggregateVerify(publicKeys: readonly Bytes[], message: Bytes, signature: Bytes): boolean {
  const keys = decodeKeys(publicKeys)
  const point = signature.length === signatureBytes ? decodeSignature(signature) : undefined
  if (keys === undefined || keys.length === 0 || point === undefined) return false
  return verifyShared(keys, message, point)
}

/**
 * The sum of one or more signatures, all of which have been verified: one that does not decode is our bug. Signatures of opposite
 * keys, which have one owner, add up to infinity; it verifies under no keys, as those keys do not add up to one.
 */
export function aggregateSignatures(signatures: readonly Bytes[]): Bytes {
  assert(signatures.length > 0, 'there is a signature to aggregate')
  for (const { length } of signatures) assert(length === signatureBytes, 'an aggregated signature has 96 bytes')
  return sumSignatures(signatures)
}

/**
 * The sum of keys whose possession was proved; `undefined` when there is none, one is not a key, or they cancel out. Whoever verifies
 * under it checks that the sum lies in the subgroup.
 */
export function aggregatePublicKeys(publicKeys: readonly Bytes[]): Bytes | undefined {
  const keys: KeyPoint[] = []
  for (const publicKey of publicKeys) {
    const key = decodedSummand(publicKey)
    if (key === undefined) return undefined
    keys.push(key)
  }
  return keys.length === 0 ? undefined : sumKeys(keys)
}

/** Whether these 48 bytes are a key: canonical, in the subgroup, not infinity. */
export function isBlsPublicKey(publicKey: Bytes): boolean {
  return decodedKey(publicKey) !== undefined
}

/**
 * A signature of the key by itself, without which an attacker could register a key that cancels another's. The tag in its message
 * sets it apart from votes: docs/adr/0005-possession-under-the-vote-ciphersuite.md.
 */
export function provePossession(keypair: BlsKeypair): Bytes {
  return signMessage(keypair.secretKey, possessionMessage(keypair.publicKey))
}

export function verifyPossession(publicKey: Bytes, proof: Bytes): boolean {
  return blsVerify(publicKey, possessionMessage(publicKey), proof)
}

/** The same to be checked with others. */
export function possessionItem(publicKey: Bytes, proof: Bytes): SignatureItem {
  return { publicKey, message: possessionMessage(publicKey), signature: proof }
}

function possessionMessage(publicKey: Bytes): Bytes {
  return taggedHash('synod/possession', publicKey)
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
  if (publicKey.length !== publicKeyBytes) return undefined
  const name = toHex(publicKey)
  const known = decodedKeys.get(name)
  if (known !== undefined) return known
  const key = decodeKey(publicKey)
  if (key !== undefined) decodedKeys.set(name, key)
  return key
}

const decodedSummands = createBoundedMap<string, KeyPoint>(2048)

function decodedSummand(publicKey: Bytes): KeyPoint | undefined {
  if (publicKey.length !== publicKeyBytes) return undefined
  const name = toHex(publicKey)
  const known = decodedKeys.get(name) ?? decodedSummands.get(name)
  if (known !== undefined) return known
  const key = decodeSummand(publicKey)
  if (key !== undefined) decodedSummands.set(name, key)
  return key
}
