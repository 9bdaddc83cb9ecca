import { hashInto } from '@chainsafe/hashtree'
import { assert } from '../primitives/assert.ts'
import type { Bytes } from '../primitives/bytes.ts'

/** SHA-256 of each 64-byte pair of `pairs`, written one after another into `hashes`. Native: some twenty million pairs a second. */
export function hashPairs(pairs: Bytes, hashes: Bytes): void {
  assert(pairs.length % 64 === 0 && hashes.length * 2 === pairs.length, 'hashPairs: 64 bytes in, 32 bytes out')
  if (pairs.length > 0) hashInto(pairs, hashes)
}
