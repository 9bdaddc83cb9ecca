import { assert } from '../primitives/assert.ts'
import { type Bytes, utf8 } from '../primitives/bytes.ts'
import { sha256Digest } from './sha256-native.ts'

/**
 * The chain's one hash function, plain and domain-separated (docs/spec/crypto.md, "Hashes").
 *
 * A tagged hash is SHA-256 over: the tag's length in one byte, the tag in ASCII, then each part behind its length in four bytes,
 * big-endian. So no two different lists of parts, and no two tags, share a preimage; and since a tag is at least two characters
 * long, no tagged preimage begins like a leaf (0x00) or a node (0x01) of a Merkle tree.
 */
declare const brand: unique symbol

/** 32 bytes of SHA-256. */
export type Hash = Bytes & { readonly [brand]?: 'Hash' }

export const hashBytes = 32

export function sha256(bytes: Bytes): Hash {
  return sha256Digest(bytes)
}

/** @param tag 2 to 64 ASCII characters, by convention `synod/` and what is hashed. */
export function taggedHash(tag: string, ...parts: readonly Bytes[]): Hash {
  const prefix = tagPrefix(tag)
  let length = prefix.length
  for (const part of parts) length += 4 + part.length
  const preimage = new Uint8Array(length)
  preimage.set(prefix)
  let offset = prefix.length
  for (const part of parts) {
    preimage[offset] = part.length >>> 24
    preimage[offset + 1] = part.length >>> 16
    preimage[offset + 2] = part.length >>> 8
    preimage[offset + 3] = part.length
    preimage.set(part, offset + 4)
    offset += 4 + part.length
  }
  return sha256Digest(preimage)
}

/** Tags are constants of the source, so this never holds more than there are kinds of hash. */
const prefixes = new Map<string, Bytes>()

function tagPrefix(tag: string): Bytes {
  const known = prefixes.get(tag)
  if (known !== undefined) return known
  assert(/^[\x21-\x7e]{2,64}$/.test(tag), 'a hash tag is 2 to 64 visible ASCII characters')
  const prefix = utf8(String.fromCharCode(tag.length) + tag)
  prefixes.set(tag, prefix)
  return prefix
}
