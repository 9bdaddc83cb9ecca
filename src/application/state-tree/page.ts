/**
 * How the tree lies on disk. A page holds a subtree: up to `leavesMax` leaves (a leaf page), or else the top `branchLevels` levels
 * with a reference to the page below each of their ends (a branch page). Pages are never changed: a new version writes new ones under
 * new numbers, next to the old. Hashes inside a page are not stored, they cost less to compute than to read. Spec: docs/spec/state.md.
 */
import { hashBytes } from '../../crypto/hash.ts'
import { assert } from '../../primitives/assert.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import type { Slab } from './slab.ts'

/** The content of a page. Reading is synchronous: execution asks in the middle of a block. Throws when the page is missing. */
export type ReadPage = (page: number) => Bytes

export const branchLevels = 4
export const leavesMax = 8
export const slotCount = 1 << branchLevels

/** Values up to this size lie in the leaf itself, larger ones in a page of their own. */
export const inlineBytesMax = 128
export const valueBytesMax = 1 << 20

const leafTag = 1
const branchTag = 2
export const pageNumberBytes = 6

/**
 * What a parent knows of the subtree below: its hash, its page, and the number of its leaves, 0 when it is a branch page. Read where it
 * lies, since a large update meets a million of them.
 */
export interface Ref {
  readonly kind: 'ref'
  readonly bytes: Bytes
  readonly at: number
}
export const refBytes = hashBytes + pageNumberBytes + 1

export function refAt(bytes: Bytes, at: number): Ref {
  return { kind: 'ref', bytes, at }
}

/** A reference whose hash is yet to be filled in. */
export function makeRef(slab: Slab, page: number, leaves: number): Ref {
  const bytes = slab(refBytes)
  encodePageNumber(bytes, hashBytes, page)
  bytes[refBytes - 1] = leaves
  return refAt(bytes, 0)
}

export function refHash({ bytes, at }: Ref): Bytes {
  return bytes.slice(at, at + hashBytes)
}

export function refPage({ bytes, at }: Ref): number {
  return readPageNumber(bytes, at + hashBytes)
}

export function refLeaves({ bytes, at }: Ref): number {
  return bytes[at + refBytes - 1] as number
}

/** One leaf as it lies in its page: path, hash, then the size of the value and the value; or 255 and the number of the value's page. */
export type Leaf = Bytes
const sizeAt = 2 * hashBytes
const valueAt = sizeAt + 1
const external = 0xff

/** A leaf with its value inside. */
export function makeLeaf(slab: Slab, path: Bytes, hash: Bytes, value: Bytes): Leaf {
  assert(value.length <= inlineBytesMax)
  const leaf = leafOf(slab, path, hash, value.length, value.length)
  leaf.set(value, valueAt)
  return leaf
}

/** A leaf whose value gets a page of its own; the number is filled in when it is known. */
export function makeExternalLeaf(slab: Slab, path: Bytes, hash: Bytes): Leaf {
  return leafOf(slab, path, hash, external, pageNumberBytes)
}

function leafOf(slab: Slab, path: Bytes, hash: Bytes, size: number, content: number): Leaf {
  const leaf = slab(valueAt + content)
  leaf.set(path)
  leaf.set(hash, hashBytes)
  leaf[sizeAt] = size
  return leaf
}

export function leafPath(leaf: Leaf): Bytes {
  return leaf.subarray(0, hashBytes)
}

export function leafNodeHash(leaf: Leaf): Bytes {
  return leaf.subarray(hashBytes, sizeAt)
}

/** The page of a value that lies outside the leaf. */
export function externalPage(leaf: Leaf): number | undefined {
  return leaf[sizeAt] === external ? readPageNumber(leaf, valueAt) : undefined
}

export function setExternalPage(leaf: Leaf, page: number): void {
  encodePageNumber(leaf, valueAt, page)
}

export function leafValue(readPage: ReadPage, leaf: Leaf): Bytes {
  const page = externalPage(leaf)
  return page === undefined ? leaf.subarray(valueAt) : readPage(page)
}

export function isLeafPage(content: Bytes): boolean {
  return content[0] === leafTag
}

export function encodeLeafPage(slab: Slab, leaves: readonly Leaf[]): Bytes {
  let size = 1
  for (const leaf of leaves) size += leaf.length
  const content = slab(size)
  content[0] = leafTag
  let offset = 1
  for (const leaf of leaves) {
    content.set(leaf, offset)
    offset += leaf.length
  }
  return content
}

export function decodeLeafPage(content: Bytes): Leaf[] {
  assert(content[0] === leafTag, 'a leaf page was expected')
  const leaves: Leaf[] = []
  for (let offset = 1; offset < content.length; ) {
    const end = offset + leafSize(content, offset)
    leaves.push(content.subarray(offset, end))
    offset = end
  }
  return leaves
}

/** The leaf of a path, found without decoding the others. */
export function findInLeafPage(content: Bytes, path: Bytes): Leaf | undefined {
  for (let offset = 1; offset < content.length; ) {
    const end = offset + leafSize(content, offset)
    let index = 0
    while (index < hashBytes && content[offset + index] === path[index]) index++
    if (index === hashBytes) return content.subarray(offset, end)
    offset = end
  }
  return undefined
}

function leafSize(content: Bytes, offset: number): number {
  const size = content[offset + sizeAt] as number
  return valueAt + (size === external ? pageNumberBytes : size)
}

/** Slots in order, absent ones left out; a bit field tells which are there. */
export function encodeBranchPage(slab: Slab, slots: readonly (Ref | undefined)[]): Bytes {
  let present = 0
  let count = 0
  for (let slot = 0; slot < slotCount; slot++) {
    if (!slots[slot]) continue
    present |= 1 << slot
    count++
  }
  const content = slab(3 + count * refBytes)
  content[0] = branchTag
  content[1] = present >> 8
  content[2] = present & 0xff
  let offset = 3
  for (const ref of slots) {
    if (!ref) continue
    for (let index = 0; index < refBytes; index++) content[offset++] = ref.bytes[ref.at + index] as number
  }
  return content
}

export function decodeBranchPage(content: Bytes): (Ref | undefined)[] {
  const present = presentSlots(content)
  const slots: (Ref | undefined)[] = []
  let offset = 3
  for (let slot = 0; slot < slotCount; slot++) {
    if ((present >> slot) & 1) {
      slots.push(refAt(content, offset))
      offset += refBytes
    } else slots.push(undefined)
  }
  return slots
}

/** One slot of a branch page, without decoding the others. */
export function branchSlot(content: Bytes, slot: number): Ref | undefined {
  const present = presentSlots(content)
  if (((present >> slot) & 1) === 0) return undefined
  let before = 0
  for (let bits = present & ((1 << slot) - 1); bits !== 0; bits &= bits - 1) before++
  return refAt(content, 3 + before * refBytes)
}

function presentSlots(content: Bytes): number {
  assert(content[0] === branchTag, 'a branch page was expected')
  return ((content[1] as number) << 8) | (content[2] as number)
}

/** The slot that a path takes in a branch page at `depth`. */
export function slotOf(path: Bytes, depth: number): number {
  const byte = depth >> 3
  const bits = ((path[byte] as number) << 8) | (path[byte + 1] ?? 0)
  return (bits >> (16 - branchLevels - (depth & 7))) & (slotCount - 1)
}

export function readPageNumber(bytes: Bytes, offset: number): number {
  let page = 0
  for (let index = 0; index < pageNumberBytes; index++) page = page * 256 + (bytes[offset + index] as number)
  return page
}

/** Big-endian, so that pages lie on disk in the order in which they were written. */
export function encodePageNumber(bytes: Bytes, offset: number, page: number): void {
  let rest = page
  for (let index = pageNumberBytes - 1; index >= 0; index--) {
    bytes[offset + index] = rest % 256
    rest = Math.floor(rest / 256)
  }
}
