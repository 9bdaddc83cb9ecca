import { bech32m } from '@scure/base'
import { assert } from '../primitives/assert.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import { taggedHash } from './hash.ts'

/**
 * Accounts are named by 20 bytes, the head of the tagged hash of their Ed25519 key, and shown to people as bech32m (BIP 350)
 * behind the chain's prefix, so that a mistyped address, or one of another chain, is noticed before anything is sent to it.
 */
const addressBytes = 20

export function addressOf(publicKey: Bytes): Bytes {
  return taggedHash('synod/address', publicKey).slice(0, addressBytes)
}

/** @param prefix the chain's, as its spec names it: 1 to 32 lower-case letters and digits. */
export function encodeAddress(prefix: string, address: Bytes): string {
  assert(address.length === addressBytes, 'an address has 20 bytes')
  return bech32m.encode(prefix, bech32m.toWords(address))
}

/** The 20 bytes of an address of this chain; a rejection with ADDRESS_MALFORMED or ADDRESS_PREFIX otherwise. */
export function decodeAddress(prefix: string, text: string): Result<Bytes> {
  const decoded = bech32m.decodeUnsafe(text)
  const bytes = decoded && bech32m.fromWordsUnsafe(decoded.words)
  if (!decoded || !bytes || bytes.length !== addressBytes) return reject('ADDRESS_MALFORMED')
  if (decoded.prefix !== prefix) return reject('ADDRESS_PREFIX', `expected ${prefix}`)
  return ok(bytes)
}
