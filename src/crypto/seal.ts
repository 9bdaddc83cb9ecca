import sodium from 'sodium-native'
import { assert } from '../primitives/assert.ts'
import { type Bytes, bytesEqual, concatBytes, utf8 } from '../primitives/bytes.ts'
import { hashBytes, sha256 } from './hash.ts'

/**
 * Secrets at rest under a passphrase: Argon2id (RFC 9106) makes a key of it, XChaCha20-Poly1305 seals the secret and
 * authenticates the header along with it.
 *
 *     8  magic "synodkey"      1  version (1)         3  zero
 *     4  passes                4  memory in KiB      16  salt
 *    24  nonce            n + 16  ciphertext, tag    32  SHA-256 of all before
 *
 * Numbers are big-endian. The checksum has no secret in it; it only tells a damaged file from a wrong passphrase, which the tag
 * cannot. The cost is stored with the file but bounded on reading, so that a file from somebody else cannot make us allocate what
 * it likes.
 */
export interface SealCost {
  /** Passes over the memory, 1 to 16. */
  readonly passes: number
  /** In KiB, 8 to 1,048,576. */
  readonly memoryKib: number
}

/** 64 MiB and three passes: RFC 9106's second recommended choice but for its lanes, of which libsodium has one. */
export const sealCostDefault: SealCost = { passes: 3, memoryKib: 65_536 }

export const sealSaltBytes = 16
export const sealNonceBytes = 24
const secretBytesMax = 65_536

export type OpenedSeal =
  | { readonly ok: true; readonly secret: Bytes }
  /** Also `wrong-passphrase`: a file that was altered on purpose, with its checksum put right again. */
  | { readonly ok: false; readonly error: 'not-sealed' | 'unknown-version' | 'damaged' | 'hostile-cost' | 'wrong-passphrase' }

const magic = utf8('synodkey')
const version = 1
const headerBytes = 60
const saltAt = 20
const nonceAt = 36
const tagBytes = 16
const keyBytes = 32
const bounds = { passesMax: 16, memoryKibMin: 8, memoryKibMax: 1_048_576 }

/** @param chance salt (16 bytes) and nonce (24), fresh and unpredictable for every seal. */
export function seal(
  secret: Bytes,
  passphrase: string,
  chance: { readonly salt: Bytes; readonly nonce: Bytes },
  cost: SealCost = sealCostDefault,
): Bytes {
  assert(chance.salt.length === sealSaltBytes && chance.nonce.length === sealNonceBytes, 'salt and nonce have their lengths')
  assert(secret.length <= secretBytesMax, 'a sealed secret is small')
  assert(isBounded(cost), 'the cost of a seal is within the bounds of reading it')
  const header = new Uint8Array(headerBytes)
  header.set(magic)
  header[8] = version
  const numbers = new DataView(header.buffer)
  numbers.setUint32(12, cost.passes)
  numbers.setUint32(16, cost.memoryKib)
  header.set(chance.salt, saltAt)
  header.set(chance.nonce, nonceAt)

  const key = stretch(passphrase, chance.salt, cost)
  const ciphertext = new Uint8Array(secret.length + tagBytes)
  sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(ciphertext, secret, header, null, chance.nonce, key)
  sodium.sodium_memzero(key)
  const sealed = concatBytes(header, ciphertext)
  return concatBytes(sealed, sha256(sealed))
}

/** The secret, or why it stays sealed. Reads anything: nothing is allocated or computed before the header is in bounds. */
export function openSeal(sealed: Bytes, passphrase: string): OpenedSeal {
  if (!bytesEqual(sealed.subarray(0, magic.length), magic)) return { ok: false, error: 'not-sealed' }
  if (sealed.length > magic.length && sealed[magic.length] !== version) return { ok: false, error: 'unknown-version' }
  const secretBytes = sealed.length - headerBytes - tagBytes - hashBytes
  if (secretBytes < 0 || secretBytes > secretBytesMax) return { ok: false, error: 'damaged' }
  const checksumAt = sealed.length - hashBytes
  if (!bytesEqual(sha256(sealed.subarray(0, checksumAt)), sealed.subarray(checksumAt))) return { ok: false, error: 'damaged' }
  const numbers = new DataView(sealed.buffer, sealed.byteOffset, headerBytes)
  const cost = { passes: numbers.getUint32(12), memoryKib: numbers.getUint32(16) }
  if (!isBounded(cost)) return { ok: false, error: 'hostile-cost' }

  const key = stretch(passphrase, sealed.subarray(saltAt, nonceAt), cost)
  const header = sealed.subarray(0, headerBytes)
  const nonce = sealed.subarray(nonceAt, headerBytes)
  const ciphertext = sealed.subarray(headerBytes, checksumAt)
  const secret = new Uint8Array(secretBytes)
  try {
    sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(secret, null, ciphertext, header, nonce, key)
    return { ok: true, secret }
  } catch {
    return { ok: false, error: 'wrong-passphrase' } // The binding throws when the tag does not fit.
  } finally {
    sodium.sodium_memzero(key)
  }
}

function isBounded({ passes, memoryKib }: SealCost): boolean {
  return passes >= 1 && passes <= bounds.passesMax && memoryKib >= bounds.memoryKibMin && memoryKib <= bounds.memoryKibMax
}

/** The passphrase is normalised first, so that one typed on another system gives the same key. */
function stretch(passphrase: string, salt: Bytes, cost: SealCost): Bytes {
  const key = new Uint8Array(keyBytes)
  const algorithm = sodium.crypto_pwhash_ALG_ARGON2ID13
  sodium.crypto_pwhash(key, utf8(passphrase.normalize('NFKC')), salt, cost.passes, cost.memoryKib * 1024, algorithm)
  return key
}
