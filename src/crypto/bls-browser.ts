import { bls12_381 } from '@noble/curves/bls12-381.js'
import { expand, extract } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { assert } from '../primitives/assert.ts'
import { type Bytes, concatBytes, utf8 } from '../primitives/bytes.ts'

/**
 * BLS12-381 in plain JavaScript, with the verdicts of `bls-native.ts`, for the light client in a browser: a verification takes
 * 15 to 20 ms. A point that has been decoded is on the curve, in the right subgroup and not at infinity.
 */
const { G1, G2, longSignatures, fields } = bls12_381
const ciphersuite = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_'

export type KeyPoint = InstanceType<typeof G1.Point>
export type SignaturePoint = InstanceType<typeof G2.Point>

/** The 32-byte scalar of KeyGen (draft-irtf-cfrg-bls-signature-05, section 2.3) from at least 32 bytes of key material. */
export function deriveSecretKey(seed: Bytes): Bytes {
  const length = 48
  const info = new Uint8Array([0, length])
  let salt: Bytes = utf8('BLS-SIG-KEYGEN-SALT-')
  // Zero comes out with a probability of 2^-255; the draft wants it tried again all the same.
  for (;;) {
    salt = sha256(salt)
    const material = expand(sha256, extract(sha256, concatBytes(seed, new Uint8Array(1)), salt), info, length)
    let scalar = 0n
    for (const byte of material) scalar = (scalar << 8n) | BigInt(byte)
    scalar %= fields.Fr.ORDER
    if (scalar !== 0n) return fields.Fr.toBytes(scalar)
  }
}

export function publicKeyOf(secretKey: Bytes): Bytes {
  return longSignatures.getPublicKey(secretKey).toBytes()
}

export function signMessage(secretKey: Bytes, message: Bytes): Bytes {
  return longSignatures.sign(longSignatures.hash(message, ciphersuite), secretKey).toBytes()
}

export function decodeKey(bytes: Bytes): KeyPoint | undefined {
  try {
    return checked(G1.Point.fromBytes(bytes))
  } catch {
    return undefined // The library throws for every encoding it does not accept.
  }
}

export function decodeSignature(bytes: Bytes): SignaturePoint | undefined {
  try {
    return checked(G2.Point.fromBytes(bytes))
  } catch {
    return undefined
  }
}

/** @throws when the point is not on the curve or not in the subgroup. */
function checked<P extends { assertValidity(): void; is0(): boolean }>(point: P): P | undefined {
  if (point.is0()) return undefined
  point.assertValidity()
  return point
}

/** The sum of the keys, or `undefined` when they cancel out. */
export function sumKeys(keys: readonly KeyPoint[]): Bytes | undefined {
  const sum = addKeys(keys)
  return sum.is0() ? undefined : sum.toBytes()
}

function addKeys(keys: readonly KeyPoint[]): KeyPoint {
  return keys.reduce((sum, key) => sum.add(key), G1.Point.ZERO)
}

/** @param signatures known to be points of the subgroup, which is not checked again. @throws for what is no point at all. */
export function sumSignatures(signatures: readonly Bytes[]): Bytes {
  const points = signatures.map((signature) => G2.Point.fromBytes(signature))
  const sum = points.reduce((total, point) => total.add(point), G2.Point.ZERO)
  return sum.is0() ? infinitySignature : sum.toBytes()
}

/** The library does not write the point at infinity, which is what signatures of opposite keys add up to. */
const infinitySignature = new Uint8Array(96).fill(0xc0, 0, 1)

export function verifyShared(keys: readonly KeyPoint[], message: Bytes, signature: SignaturePoint): boolean {
  assert(keys.length > 0, 'somebody signs')
  const key = addKeys(keys)
  return !key.is0() && longSignatures.verify(signature, longSignatures.hash(message, ciphersuite), key)
}

export interface SignatureGroup {
  readonly message: Bytes
  readonly signers: readonly { readonly key: KeyPoint; readonly signature: Bytes }[]
}

/** One by one: there is no randomness here to weigh them with, and a browser has few to check. */
export function verifyTogether(groups: readonly SignatureGroup[]): boolean {
  return groups.every(({ message, signers }) =>
    signers.every(({ key, signature }) => {
      const point = decodeSignature(signature)
      return point !== undefined && verifyShared([key], message, point)
    }),
  )
}
