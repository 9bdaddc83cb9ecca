import sodium from 'sodium-native'
import type { Bytes } from '../primitives/bytes.ts'

/**
 * Ed25519 by libsodium, whose verification policy is ours (docs/adr/0004-one-ed25519-policy.md). Lengths are checked by the
 * caller. Bundlers put `ed25519-browser.ts` in the place of this file.
 */
export function publicKeyFromSeed(seed: Bytes): Bytes {
  const publicKey = new Uint8Array(sodium.crypto_sign_PUBLICKEYBYTES)
  const secretKey = new Uint8Array(sodium.crypto_sign_SECRETKEYBYTES)
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed)
  sodium.sodium_memzero(secretKey)
  return publicKey
}

/** @param secretKey 64 bytes: the seed, then the public key. */
export function signDetached(secretKey: Bytes, message: Bytes): Bytes {
  const signature = new Uint8Array(sodium.crypto_sign_BYTES)
  sodium.crypto_sign_detached(signature, message, secretKey)
  return signature
}

export function verifyDetached(publicKey: Bytes, message: Bytes, signature: Bytes): boolean {
  return sodium.crypto_sign_verify_detached(signature, message, publicKey)
}
