import { assert } from '../primitives/assert.ts'
import { type Bytes, concatBytes } from '../primitives/bytes.ts'
import { publicKeyFromSeed, signDetached, verifyDetached } from './ed25519-native.ts'

/**
 * Ed25519 (RFC 8032, pure) for accounts, transactions and peers, with one verification policy everywhere: two verifiers that
 * differ on a single edge case split the chain. The policy and its alternatives are in docs/adr/0004-one-ed25519-policy.md.
 */
export interface Ed25519Keypair {
  /** 32 bytes. */
  readonly publicKey: Bytes
  /** 64 bytes: the seed, then the public key. */
  readonly secretKey: Bytes
}

const seedBytes = 32
const publicKeyBytes = 32
const secretKeyBytes = 64
const signatureBytes = 64

/** @param seed 32 unpredictable bytes; the same seed gives the same key. */
export function ed25519Keypair(seed: Bytes): Ed25519Keypair {
  assert(seed.length === seedBytes, 'an Ed25519 seed has 32 bytes')
  const publicKey = publicKeyFromSeed(seed)
  return { publicKey, secretKey: concatBytes(seed, publicKey) }
}

/** The 64-byte signature of the message: deterministic, no randomness needed. */
export function ed25519Sign(keypair: Ed25519Keypair, message: Bytes): Bytes {
  assert(keypair.secretKey.length === secretKeyBytes, 'an Ed25519 secret key has 64 bytes')
  return signDetached(keypair.secretKey, message)
}

/** False for anything but a valid signature under the policy, whatever the bytes and their lengths. */
export function ed25519Verify(publicKey: Bytes, message: Bytes, signature: Bytes): boolean {
  if (publicKey.length !== publicKeyBytes || signature.length !== signatureBytes) return false
  return verifyDetached(publicKey, message, signature)
}
