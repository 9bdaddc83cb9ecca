import { sha256 } from '@noble/hashes/sha2.js'
import type { Bytes } from '../primitives/bytes.ts'

/** SHA-256 in plain JavaScript, for where there is no `node:crypto`. */
export function sha256Digest(bytes: Bytes): Bytes {
  return sha256(bytes)
}
