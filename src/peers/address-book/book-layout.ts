import { taggedHash } from '../../crypto/hash.ts'
import { type Bytes, utf8 } from '../../primitives/bytes.ts'
import type { DialTarget } from '../dial-target.ts'

/**
 * Where an address may stand in the book, after the address manager of Bitcoin Core. The secret is the node's own, so nobody outside can
 * tell which addresses share a bucket; the network groups in the hash see to it that few groups reach few buckets, however many
 * addresses they invent.
 *
 * - `new`, what was only heard of: the groups of the teller and of the address choose the bucket, one of 4 for each teller's group. So
 *   a group of tellers fills a sixteenth of the table at most, and 64 places with addresses of one group.
 * - `tried`, where a node answered: the group of the address chooses, one of 2 buckets for each group: a group fills a thirty-second.
 *
 * The tables are smaller than Bitcoin Core's, so that the file stays below a megabyte. Unlike there an address may stand anywhere in its
 * bucket: a small network in one group would else lose some of its own addresses to chance.
 */
export const newTable = { buckets: 64, slots: 64, bucketsPerSource: 4, slotsPerAddressMax: 4 } as const
export const triedTable = { buckets: 64, slots: 32, bucketsPerGroup: 2 } as const
export const newSlotsMax = newTable.buckets * newTable.slots
export const triedSlotsMax = triedTable.buckets * triedTable.slots

export const bookSecretBytes = 32

/** The slots of `new` in which an address may stand for a group that told of it: its own first, then the rest of the bucket. */
export function newSlotsOf(secret: Bytes, { address, group }: DialTarget, sourceGroup: string): readonly number[] {
  const within = number(secret, 'new-source', group, sourceGroup) % newTable.bucketsPerSource
  const bucket = number(secret, 'new-bucket', sourceGroup, String(within)) % newTable.buckets
  return slotsFrom(newTable, bucket, number(secret, 'new-slot', String(bucket), address))
}

/** The slots of `tried` in which an address may stand. */
export function triedSlotsOf(secret: Bytes, { address, group }: DialTarget): readonly number[] {
  const within = number(secret, 'tried-address', address) % triedTable.bucketsPerGroup
  const bucket = number(secret, 'tried-bucket', group, String(within)) % triedTable.buckets
  return slotsFrom(triedTable, bucket, number(secret, 'tried-slot', String(bucket), address))
}

function slotsFrom({ slots }: { readonly slots: number }, bucket: number, first: number): readonly number[] {
  return Array.from({ length: slots }, (_, index) => bucket * slots + ((first + index) % slots))
}

function number(secret: Bytes, ...parts: readonly string[]): number {
  const digest = taggedHash('synod/address-book', secret, ...parts.map(utf8))
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0)
}
