import { encodePageNumber, pageNumberBytes, readPageNumber, refAt, refBytes } from '../application/state-tree/page.ts'
import type { Tree } from '../application/state-tree/update.ts'
import { decode, encode } from '../codec/codec.ts'
import { bytes, optional, struct, uint } from '../codec/schema.ts'
import { hashBytes } from '../crypto/hash.ts'
import type { Store, StoreOperation } from '../ports/store.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'

/** The state's records in the node's store: `s p` pages, `s r` what a version replaced, `s v` versions, `s d` one that is being let go, `s i` one being fetched. */
const prefix = 0x73
const pageKind = 0x70
const replacedKind = 0x72
const versionKind = 0x76
/** Where the note stands of a version that is being let go. */
export const releaseKey = Uint8Array.of(prefix, 0x64)
/** Where the note stands on a state that is being fetched. */
export const importKey = Uint8Array.of(prefix, 0x69)
/** More than any configuration keeps. */
const versionsMax = 1_000_000

export interface StateVersion {
  readonly version: number
  readonly tree: Tree
  /** The number that the next new page gets. */
  readonly nextPage: number
}

const versionSchema = struct('StateVersion', {
  root: bytes({ length: hashBytes }),
  ref: optional(bytes({ length: refBytes })),
  leaves: uint(),
  nextPage: uint(),
})

export function pageKey(page: number): Bytes {
  const key = new Uint8Array(2 + pageNumberBytes)
  key[0] = prefix
  key[1] = pageKind
  encodePageNumber(key, 2, page)
  return key
}

/** Where the list of pages stands that `version` replaced: needed by the versions before it, and by none from it on. */
export function replacedKey(version: number): Bytes {
  return heightKey(replacedKind, version)
}

export function versionKey(version: number): Bytes {
  return heightKey(versionKind, version)
}

export function versionRecord({ version, tree, nextPage }: StateVersion): StoreOperation {
  const { root, ref, leaves } = tree
  return [
    versionKey(version),
    encode(versionSchema, { root, ref: ref?.bytes.slice(ref.at, ref.at + refBytes), leaves, nextPage }),
  ]
}

/** All kept versions in rising order. */
export async function readVersions(store: Store): Promise<readonly StateVersion[]> {
  const from = Uint8Array.of(prefix, versionKind)
  const entries = await store.range({ from, to: Uint8Array.of(prefix, versionKind + 1), limit: versionsMax })
  return entries.map(([key, value]) => {
    const record = decode(versionSchema, value)
    if (!record.ok)
      throw new OperationalError('STORE_CORRUPT', `A version record of the state is damaged: ${record.error.detail}`)
    const { root, ref, leaves, nextPage } = record.value
    return { version: readHeight(key), tree: { root, ref: ref && refAt(ref, 0), leaves }, nextPage }
  })
}

export function encodePageNumbers(pages: readonly number[]): Bytes {
  const encoded = new Uint8Array(pages.length * pageNumberBytes)
  for (const [index, page] of pages.entries()) encodePageNumber(encoded, index * pageNumberBytes, page)
  return encoded
}

export function decodePageNumbers(encoded: Bytes): number[] {
  const pages: number[] = []
  for (let offset = 0; offset < encoded.length; offset += pageNumberBytes) pages.push(readPageNumber(encoded, offset))
  return pages
}

function heightKey(kind: number, height: number): Bytes {
  const key = new Uint8Array(10)
  key[0] = prefix
  key[1] = kind
  new DataView(key.buffer).setBigUint64(2, BigInt(height))
  return key
}

function readHeight(key: Bytes): number {
  return Number(new DataView(key.buffer, key.byteOffset).getBigUint64(2))
}
