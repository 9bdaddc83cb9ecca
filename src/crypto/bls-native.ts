import {
  aggregatePublicKeys,
  aggregateSignatures,
  fastAggregateVerify,
  PublicKey,
  SecretKey,
  Signature,
  verify,
  verifyMultipleAggregateSignatures,
} from '@chainsafe/blst'
import type { Bytes } from '../primitives/bytes.ts'

/**
 * BLS12-381 by blst. A point that has been decoded is on the curve, in the right subgroup and not at infinity, so nothing is checked
 * twice below. The ciphersuite BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_ is compiled into the library. Bundlers put
 * `bls-browser.ts` in the place of this file.
 */
export type KeyPoint = PublicKey
export type SignaturePoint = Signature

export interface PointSet {
  readonly key: KeyPoint
  readonly message: Bytes
  readonly signature: SignaturePoint
}

/** The 32-byte scalar of KeyGen (draft-irtf-cfrg-bls-signature-05, section 2.3) from at least 32 bytes of key material. */
export function deriveSecretKey(seed: Bytes): Bytes {
  return SecretKey.fromKeygen(seed).toBytes()
}

export function publicKeyOf(secretKey: Bytes): Bytes {
  return SecretKey.fromBytes(secretKey).toPublicKey().toBytes()
}

export function signMessage(secretKey: Bytes, message: Bytes): Bytes {
  return SecretKey.fromBytes(secretKey).sign(message).toBytes()
}

export function decodeKey(bytes: Bytes): KeyPoint | undefined {
  try {
    return PublicKey.fromBytes(bytes, true)
  } catch {
    return undefined // The binding throws for every encoding it does not accept.
  }
}

export function decodeSignature(bytes: Bytes): SignaturePoint | undefined {
  try {
    return Signature.fromBytes(bytes, true, true)
  } catch {
    return undefined
  }
}

export function encodeKey(key: KeyPoint): Bytes {
  return key.toBytes()
}

export function encodeSignature(signature: SignaturePoint): Bytes {
  return signature.toBytes()
}

export function addKeys(keys: readonly KeyPoint[]): KeyPoint {
  return aggregatePublicKeys([...keys])
}

export function addSignatures(signatures: readonly SignaturePoint[]): SignaturePoint {
  return aggregateSignatures([...signatures])
}

export function verifyOne({ key, message, signature }: PointSet): boolean {
  return verify(message, key, signature)
}

export function verifyShared(keys: readonly KeyPoint[], message: Bytes, signature: SignaturePoint): boolean {
  return fastAggregateVerify(message, [...keys], signature)
}

/**
 * Whether every set holds, as one equation in which each is weighted by a 64-bit coefficient that blst draws itself from the
 * operating system: no two forgeries can be made to cancel, and a false answer to a bad batch has probability 2^-64.
 */
export function verifyTogether(sets: readonly PointSet[]): boolean {
  return verifyMultipleAggregateSignatures(sets.map(({ key, message, signature }) => ({ pk: key, msg: message, sig: signature })))
}
