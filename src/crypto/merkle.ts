import { assert } from '../primitives/assert.ts'
import { type Bytes, bytesEqual } from '../primitives/bytes.ts'
import { type Hash, hashBytes, sha256 } from './hash.ts'

/**
 * Merkle trees of RFC 6962 section 2.1: SHA-256, a leaf is hashed behind 0x00 and a node behind 0x01, so neither can pass for the
 * other, and a tree of n leaves splits at the largest power of two below n, so no leaf is ever duplicated. The root of no leaves
 * is the hash of no bytes.
 */
export interface InclusionProof {
  /** The leaf's place, from 0. */
  readonly index: number
  /** How many leaves the tree has. */
  readonly size: number
  /** The sibling hashes on the way up, the leaf's own first. */
  readonly path: readonly Hash[]
}

export function merkleRoot(leaves: readonly Bytes[]): Hash {
  if (leaves.length === 0) return sha256(new Uint8Array(0))
  let level = leaves.map(leafHash)
  while (level.length > 1) level = nextLevel(level)
  return level[0] as Hash
}

/** @param index a place in `leaves`. */
export function inclusionProof(leaves: readonly Bytes[], index: number): InclusionProof {
  assert(Number.isSafeInteger(index) && index >= 0 && index < leaves.length, 'the leaf is in the tree')
  const path: Hash[] = []
  let level = leaves.map(leafHash)
  for (let place = index; level.length > 1; place >>>= 1) {
    const sibling = level[place ^ 1]
    if (sibling !== undefined) path.push(sibling)
    level = nextLevel(level)
  }
  return { index, size: leaves.length, path }
}

export type InclusionClaim = ({ readonly leaf: Bytes } | { readonly leafHash: Bytes }) & {
  readonly proof: InclusionProof
  readonly root: Bytes
}

/** Whether the proof, from anybody and of any form, shows that the leaf stands at that place of the tree with that root. */
export function verifyInclusion(claim: InclusionClaim): boolean {
  const { proof, root } = claim
  const { index, size, path } = proof
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false
  const leaf = 'leaf' in claim ? leafHash(claim.leaf) : claim.leafHash
  if (leaf.length !== hashBytes || root.length !== hashBytes) return false

  let node: Bytes = leaf
  let place = index
  let last = size - 1 // The place of the level's last node.
  let taken = 0
  for (; last > 0; place = Math.floor(place / 2), last = Math.floor(last / 2)) {
    if (place === last && place % 2 === 0) continue // The last of an odd number moves up as it is.
    const sibling = path[taken]
    if (sibling === undefined || sibling.length !== hashBytes) return false
    node = place % 2 === 0 ? nodeHash(node, sibling) : nodeHash(sibling, node)
    taken += 1
  }
  return taken === path.length && bytesEqual(node, root)
}

export function leafHash(leaf: Bytes): Hash {
  const preimage = new Uint8Array(1 + leaf.length)
  preimage.set(leaf, 1)
  return sha256(preimage)
}

/** Filled anew for each node and read before the next: a node needs no memory but its hash. */
const nodePreimage = new Uint8Array(1 + 2 * hashBytes).fill(1, 0, 1)

function nodeHash(left: Bytes, right: Bytes): Hash {
  nodePreimage.set(left, 1)
  nodePreimage.set(right, 1 + hashBytes)
  return sha256(nodePreimage)
}

/** Pairs up neighbours; the last of an odd number moves up as it is, which is the RFC's split at a power of two. */
function nextLevel(level: readonly Hash[]): Hash[] {
  const next: Hash[] = []
  for (let index = 0; index + 1 < level.length; index += 2) next.push(nodeHash(level[index] as Hash, level[index + 1] as Hash))
  if (level.length % 2 === 1) next.push(level[level.length - 1] as Hash)
  return next
}
