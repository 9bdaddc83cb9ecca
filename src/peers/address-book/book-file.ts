import { decode, encode } from '../../codec/codec.ts'
import { bool, bytes, type Infer, list, literal, optional, struct, text, uint } from '../../codec/schema.ts'
import { sha256 } from '../../crypto/hash.ts'
import { type Bytes, bytesEqual, concatBytes } from '../../primitives/bytes.ts'
import { readDialTarget } from '../dial-target.ts'
import type { AddressBook } from './address-book.ts'
import type { BookEntry } from './book-entry.ts'
import { bookSecretBytes, newSlotsMax, newTable, triedSlotsMax } from './book-layout.ts'

/**
 * The book as it outlives the process: its secret, its entries with their places, and the anchors. Moments are kept as seconds before
 * the writing, because the clock they are counted by begins anew with each process.
 */
export interface BookContent {
  readonly secret: Bytes
  readonly entries: readonly BookEntry[]
  /** Addresses of peers to be dialled first after a restart. */
  readonly anchors: readonly string[]
}

export const anchorsMax = 6
/** The file never has more; what is worth least is left out. */
export const bookFileBytesMax = 1_000_000
const addressBytesMax = 256
/** What an entry takes beside its address, at most about. */
const entryBytes = 40
const checksumBytes = 8
/** A node that was away for longer than this finds everything as old as this. */
const awayMsMax = 60 * 24 * 60 * 60_000

const address = text({ max: addressBytesMax })
const entrySchema = struct('AddressBookEntry', {
  address,
  own: bool(),
  seenAgoS: uint(),
  succeededAgoS: optional(uint()),
  failures: uint({ max: 0xffff }),
  failedAgoS: optional(uint()),
  newSlots: list(uint({ max: newSlotsMax - 1 }), { max: newTable.slotsPerAddressMax }),
  triedSlot: optional(uint({ max: triedSlotsMax - 1 })),
})
const bookSchema = struct('AddressBook', {
  version: literal(1),
  /** Wall-clock time, ms. */
  writtenAt: uint(),
  secret: bytes({ length: bookSecretBytes }),
  anchors: list(address, { max: anchorsMax }),
  entries: list(entrySchema, { max: newSlotsMax + triedSlotsMax }),
})
type StoredEntry = Infer<typeof entrySchema>

/** Durations are told by a clock that never goes back, and the time away from this process by the wall's. */
export interface BookClocks {
  readonly now: number
  readonly wall: number
}

export function encodeBook(
  book: Pick<AddressBook, 'secret' | 'entries'>,
  anchors: readonly string[],
  { now, wall }: BookClocks,
): Bytes {
  const content = encode(bookSchema, {
    version: 1,
    writtenAt: wall,
    secret: book.secret,
    anchors: anchors.slice(0, anchorsMax),
    entries: worthKeeping(book.entries()).map((entry) => stored(entry, now)),
  })
  return concatBytes(content, checksum(content))
}

/** Undefined when the bytes are not what `encodeBook` wrote. */
export function decodeBook(file: Bytes, { now, wall }: BookClocks): BookContent | undefined {
  const content = file.subarray(0, Math.max(0, file.length - checksumBytes))
  if (file.length > bookFileBytesMax || !bytesEqual(checksum(content), file.subarray(content.length))) return undefined
  // What is kept outlives the buffer of the file.
  const decoded = decode(bookSchema, content.slice())
  if (!decoded.ok) return undefined
  const { writtenAt, secret, anchors, entries } = decoded.value
  const written = now - Math.min(awayMsMax, Math.max(0, wall - writtenAt))
  if (!standApart(entries)) return undefined
  return { secret, anchors, entries: entries.map((entry) => restored(entry, written)) }
}

/** What stands in `tried` first, then what was seen last, as far as it fits. */
function worthKeeping(entries: Iterable<BookEntry>): readonly BookEntry[] {
  const rank = ({ triedSlot }: BookEntry) => (triedSlot === undefined ? 1 : 0)
  const order = [...entries]
    .filter(({ target }) => target.address.length <= addressBytesMax)
    .sort(
      (left, right) =>
        rank(left) - rank(right) || right.seenAt - left.seenAt || (left.target.address < right.target.address ? -1 : 1),
    )
  let room = bookFileBytesMax - 4096
  return order.filter(({ target }) => {
    room -= target.address.length + entryBytes
    return room >= 0
  })
}

/** Each address once, each slot once, and each entry in one of the tables. */
function standApart(entries: readonly StoredEntry[]): boolean {
  const slots = entries.flatMap(({ newSlots, triedSlot }) => [
    ...newSlots.map((slot) => `new ${slot}`),
    ...(triedSlot === undefined ? [] : [`tried ${triedSlot}`]),
  ])
  const isIn = ({ newSlots, triedSlot }: StoredEntry) => newSlots.length > 0 !== (triedSlot !== undefined)
  const addresses = new Set(entries.map((entry) => entry.address))
  return addresses.size === entries.length && new Set(slots).size === slots.length && entries.every(isIn)
}

function stored(entry: BookEntry, now: number): StoredEntry {
  const ago = (at: number) => Math.max(0, Math.round((now - at) / 1000))
  const maybeAgo = (at: number) => (at === Number.NEGATIVE_INFINITY ? undefined : ago(at))
  return {
    address: entry.target.address,
    own: entry.own,
    seenAgoS: ago(entry.seenAt),
    succeededAgoS: maybeAgo(entry.succeededAt),
    failures: Math.min(entry.failures, 0xffff),
    failedAgoS: maybeAgo(entry.failedAt),
    newSlots: [...entry.newSlots],
    triedSlot: entry.triedSlot,
  }
}

function restored(entry: StoredEntry, written: number): BookEntry {
  const at = (agoS: number | undefined) => (agoS === undefined ? Number.NEGATIVE_INFINITY : written - agoS * 1000)
  return {
    target: readDialTarget(entry.address),
    own: entry.own,
    seenAt: at(entry.seenAgoS),
    succeededAt: at(entry.succeededAgoS),
    failures: entry.failures,
    failedAt: at(entry.failedAgoS),
    newSlots: entry.newSlots,
    triedSlot: entry.triedSlot,
  }
}

function checksum(content: Bytes): Bytes {
  return sha256(content).subarray(0, checksumBytes)
}
