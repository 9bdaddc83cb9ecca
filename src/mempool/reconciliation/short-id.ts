import { type Hash, taggedHash } from '../../crypto/hash.ts'
import type { Bytes } from '../../primitives/bytes.ts'

/**
 * Short ids of batch hashes: 64 bits under a salt that is drawn for one comparison, so that nobody can prepare hashes whose ids
 * collide. Kept as columns of 32-bit words, since thousands are handled at once.
 */
export interface ShortIds {
  readonly low: Uint32Array
  readonly high: Uint32Array
}

export const saltBytes = 16
export const shortIdBytes = 8
const idsPerStep = 512

/** `low` and `high` are the first and second four bytes, big-endian, of `taggedHash('synod/short-id', salt, hash)`. */
export function shortIdsOf(salt: Bytes, hashes: readonly Hash[]): ShortIds {
  const making = makeShortIds(salt, hashes)
  for (let step = making.next(); ; step = making.next()) if (step.done) return step.value
}

/** The same in steps of a millisecond or two each, between which others can have their turn. */
export function* makeShortIds(salt: Bytes, hashes: readonly Hash[]): Generator<void, ShortIds, void> {
  const low = new Uint32Array(hashes.length)
  const high = new Uint32Array(hashes.length)
  for (const [index, hash] of hashes.entries()) {
    if (index > 0 && index % idsPerStep === 0) yield
    const digest = taggedHash('synod/short-id', salt, hash)
    low[index] = wordAt(digest, 0)
    high[index] = wordAt(digest, 4)
  }
  return { low, high }
}

/** A key for maps. 53 of the 64 bits: two ids of one comparison share it about once in a billion comparisons, which then fails. */
export function shortIdKey(low: number, high: number): number {
  return (high & 0x1f_ffff) * 2 ** 32 + low
}

/** Each id in eight bytes, as it travels. */
export function encodeShortId(low: number, high: number): Bytes {
  const encoded = new Uint8Array(shortIdBytes)
  const view = new DataView(encoded.buffer)
  view.setUint32(0, low)
  view.setUint32(4, high)
  return encoded
}

export function shortIdKeyOf(encoded: Bytes): number {
  return shortIdKey(wordAt(encoded, 0), wordAt(encoded, 4))
}

function wordAt(bytes: Bytes, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset)
}
