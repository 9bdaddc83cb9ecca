import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { type Bytes, bytesEqual, concatBytes } from '../primitives/bytes.ts'

/**
 * Ed25519 in plain JavaScript, accepting exactly what libsodium accepts (docs/adr/0004-one-ed25519-policy.md). The library's own
 * `verify` multiplies the equation by the cofactor and admits an R of small order, so the policy is spelled out here on its
 * points.
 */
const Point = ed25519.Point
const order = Point.Fn.ORDER

export function publicKeyFromSeed(seed: Bytes): Bytes {
  return ed25519.getPublicKey(seed)
}

/** @param secretKey 64 bytes: the seed, then the public key. */
export function signDetached(secretKey: Bytes, message: Bytes): Bytes {
  return ed25519.sign(message, secretKey.subarray(0, 32))
}

export function verifyDetached(publicKey: Bytes, message: Bytes, signature: Bytes): boolean {
  const encodedR = signature.subarray(0, 32)
  const s = littleEndian(signature.subarray(32))
  if (s >= order) return false

  const a = decodeStrictly(publicKey)
  const r = decodeStrictly(encodedR)
  if (a === undefined || r === undefined) return false

  const k = challenge(encodedR, publicKey, message)
  const expectedR = Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k))
  // Comparing encodings instead of points multiplied by 8 makes the equation cofactorless.
  return bytesEqual(expectedR.toBytes(), encodedR)
}

/** The scalar that binds a signature to key and message: over the bytes as they came, not as they would be written again. */
export function challenge(encodedR: Bytes, publicKey: Bytes, message: Bytes): bigint {
  return littleEndian(sha512(concatBytes(encodedR, publicKey, message))) % order
}

/** The point, unless its encoding is not canonical or its order divides 8. */
function decodeStrictly(encoded: Bytes): InstanceType<typeof Point> | undefined {
  try {
    const point = Point.fromBytes(encoded)
    return point.isSmallOrder() ? undefined : point
  } catch {
    return undefined // The library throws for what is not on the curve or not canonical.
  }
}

function littleEndian(bytes: Bytes): bigint {
  let value = 0n
  for (let index = bytes.length - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[index] as number)
  return value
}
