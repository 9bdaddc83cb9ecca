import {
  aggregatePublicKeys,
  aggregateSerializedSignatures,
  aggregateWithRandomness,
  fastAggregateVerify,
  PublicKey,
  SecretKey,
  Signature,
  verify,
  verifyMultipleAggregateSignatures,
} from '@chainsafe/blst'
import type { Bytes } from '../primitives/bytes.ts'

/**
 * BLS12-381 by blst. A point that has been decoded is on the curve, in the right subgroup and not at infinity, so nothing is
 * checked twice below. The ciphersuite BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_ is compiled into the library. Bundlers put
 * `bls-browser.ts` in the place of this file.
 */
export type KeyPoint = PublicKey
export type SignaturePoint = Signature

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

/** A key to be summed: of one whose possession was proved less has to be checked, where checking takes long. */
export function decodeSummand(bytes: Bytes): KeyPoint | undefined {
  return decodeKey(bytes)
}

export function decodeSignature(bytes: Bytes): SignaturePoint | undefined {
  try {
    return Signature.fromBytes(bytes, true, true)
  } catch {
    return undefined
  }
}

/** The sum of the keys, or `undefined` when they cancel out. */
export function sumKeys(keys: readonly KeyPoint[]): Bytes | undefined {
  const sum = aggregatePublicKeys([...keys]).toBytes()
  const isInfinity = ((sum[0] as number) & 0x40) !== 0
  return isInfinity ? undefined : sum
}

/** @param signatures known to be points of the subgroup, which is not checked again. @throws for what is no point at all. */
export function sumSignatures(signatures: readonly Bytes[]): Bytes {
  return aggregateSerializedSignatures([...signatures], false).toBytes()
}

export function verifyShared(keys: readonly KeyPoint[], message: Bytes, signature: SignaturePoint): boolean {
  return fastAggregateVerify(message, [...keys], signature)
}

/** Signatures of one message, not decoded yet. */
export interface SignatureGroup {
  readonly message: Bytes
  readonly signers: readonly { readonly key: KeyPoint; readonly signature: Bytes }[]
}

/**
 * Whether every signature of every group holds, as one equation: within a group keys and signatures are summed, and groups are
 * multiplied, each weighted by a 64-bit coefficient that blst draws from the operating system itself. So no two forgeries can be
 * made to cancel, and bad signatures pass for good ones with a probability of 2^-64.
 */
export function verifyTogether(groups: readonly SignatureGroup[]): boolean {
  const sets: { pk: PublicKey; msg: Uint8Array; sig: Signature }[] = []
  for (const { message, signers } of groups) {
    const set = blend(signers)
    if (set === undefined) return false
    sets.push({ pk: set.pk, msg: message, sig: set.sig })
  }
  const [only] = sets
  return sets.length === 1 && only !== undefined ? verify(only.msg, only.pk, only.sig) : verifyMultipleAggregateSignatures(sets)
}

function blend(signers: SignatureGroup['signers']): { readonly pk: PublicKey; readonly sig: Signature } | undefined {
  const [first] = signers
  if (signers.length === 1 && first !== undefined) {
    const sig = decodeSignature(first.signature)
    return sig && { pk: first.key, sig }
  }
  try {
    return aggregateWithRandomness(signers.map(({ key, signature }) => ({ pk: key, sig: signature })))
  } catch {
    return undefined // One of the signatures is not a point of the subgroup.
  }
}
