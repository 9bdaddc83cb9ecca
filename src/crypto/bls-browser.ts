import { bls12_381 } from '@noble/curves/bls12-381.js'
import { expand, extract } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { randomBytes } from '@noble/hashes/utils.js'
import { assert } from '../primitives/assert.ts'
import { type Bytes, concatBytes, utf8 } from '../primitives/bytes.ts'

/**
 * BLS12-381 in plain JavaScript, with the verdicts of `bls-native.ts`, for the light client in a browser: a verification takes
 * 50 ms, and 35 together with others. A point that has been decoded is on the curve, in the right subgroup and not at infinity.
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

/**
 * A key to be summed, whose possession was proved before and with it that it lies in the subgroup: that check, most of what decoding a
 * key costs here, is left to the sum. So it may be anywhere on the curve. `undefined` for what is no point, or no canonical one.
 */
export function decodeSummand(bytes: Bytes): KeyPoint | undefined {
  const [flags = 0] = bytes
  if (bytes.length !== keyBytes || (flags & 0xc0) !== 0x80) return undefined
  let x = BigInt(flags & 0x1f)
  for (const byte of bytes.subarray(1)) x = (x << 8n) | BigInt(byte)
  const { Fp } = fields
  if (!Fp.isValid(x)) return undefined
  try {
    const root = Fp.sqrt(Fp.add(Fp.mul(Fp.sqr(x), x), 4n))
    const isLarger = 2n * root > Fp.ORDER
    return G1.Point.fromAffine({ x, y: isLarger === ((flags & 0x20) !== 0) ? root : Fp.neg(root) })
  } catch {
    return undefined // There is no root: no point has this coordinate.
  }
}

const keyBytes = 48

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

/** The sum of the keys, or `undefined` when they cancel out, or when the sum lies outside of the subgroup. */
export function sumKeys(keys: readonly KeyPoint[]): Bytes | undefined {
  const sum = addKeys(keys)
  return sum.is0() || !sum.isTorsionFree() ? undefined : sum.toBytes()
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

/**
 * 64 bits drawn by the library, as blst draws its own: it decides nothing but how unlikely it is that forgeries are made to cancel.
 * Never zero, which would count a signature for nothing.
 */
function coefficient(): bigint {
  const drawn = randomBytes(8)
  return new DataView(drawn.buffer, drawn.byteOffset).getBigUint64(0) | 1n
}

/**
 * As one equation, each signature weighted at random, as `bls-native.ts` has it: one pairing a message and one for all signatures, and the
 * dearest part, the final exponentiation, once.
 */
export function verifyTogether(groups: readonly SignatureGroup[]): boolean {
  const isOne = groups.length === 1 && groups[0]?.signers.length === 1
  const pairs: { g1: KeyPoint; g2: SignaturePoint }[] = []
  let signatures = G2.Point.ZERO
  for (const { message, signers } of groups) {
    let keys = G1.Point.ZERO
    for (const { key, signature } of signers) {
      const point = decodeSignature(signature)
      if (point === undefined) return false
      const weight = isOne ? 1n : coefficient()
      keys = keys.add(key.multiplyUnsafe(weight))
      signatures = signatures.add(point.multiplyUnsafe(weight))
    }
    pairs.push({ g1: keys, g2: longSignatures.hash(message, ciphersuite) })
  }
  pairs.push({ g1: G1.Point.BASE.negate(), g2: signatures })
  // A pairing with the point at infinity is one, and the library does not make it.
  const product = bls12_381.pairingBatch(pairs.filter(({ g1, g2 }) => !g1.is0() && !g2.is0()))
  return fields.Fp12.eql(product, fields.Fp12.ONE)
}
