import { hash } from 'node:crypto'
import type { Bytes } from '../primitives/bytes.ts'

/** SHA-256 by OpenSSL. Bundlers put `sha256-browser.ts` in the place of this file. */
export function sha256Digest(bytes: Bytes): Bytes {
  const digest = hash('sha256', bytes, 'buffer')
  // A Buffer is a Uint8Array whose slice() shares memory: it stays inside.
  return new Uint8Array(digest.buffer as ArrayBuffer, digest.byteOffset, digest.byteLength)
}
