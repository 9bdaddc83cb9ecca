import { hash } from 'node:crypto'
import type { Bytes } from '../primitives/bytes.ts'

/**
 * SHA-256 by OpenSSL. Bundlers put `sha256-browser.ts` in the place of this file.
 *
 * The digest comes as a string of 32 characters, one a byte, because making a Buffer takes Node twice as long as hashing a short
 * message: 0.3 µs in place of 0.9.
 */
export function sha256Digest(bytes: Bytes): Bytes {
  const characters = hash('sha256', bytes, 'binary')
  const digest = new Uint8Array(32)
  for (let index = 0; index < 32; index++) digest[index] = characters.charCodeAt(index)
  return digest
}
