/**
 * What the nodes of the state tree hash to. A leaf's preimage has 65 bytes and an inner node's has 64, so no bytes are both, and the
 * empty subtree's hash has no known preimage: whoever presents one kind of node as another has broken SHA-256. Spec: docs/spec/state.md.
 */
import { type Hash, hashBytes, sha256 } from '../../crypto/hash.ts'
import type { Bytes } from '../../primitives/bytes.ts'

export const pathBits = 8 * hashBytes

/** The hash of a subtree without leaves: also the root of the empty state. */
export const emptyHash: Hash = new Uint8Array(hashBytes)

/** One zero byte, the path, the hash of the value. Hashing copies nothing and runs to its end, so one buffer serves all. */
const leafPreimage = new Uint8Array(1 + 2 * hashBytes)

/** Where a key lives: its hash, so that no choice of keys unbalances the tree. */
export function pathOf(key: Bytes): Hash {
  return sha256(key)
}

/** The leaf commits to its whole path, so that it stands for the same key at whatever depth it hangs. */
export function leafHash(path: Bytes, valueHash: Bytes): Hash {
  leafPreimage.set(path, 1)
  leafPreimage.set(valueHash, 1 + hashBytes)
  return sha256(leafPreimage)
}

export function innerHash(left: Bytes, right: Bytes): Hash {
  const preimage = new Uint8Array(2 * hashBytes)
  preimage.set(left)
  preimage.set(right, hashBytes)
  return sha256(preimage)
}

/** The branch taken below depth `depth`: 0 left, 1 right. */
export function bitAt(path: Bytes, depth: number): 0 | 1 {
  return (((path[depth >> 3] as number) >> (7 - (depth & 7))) & 1) as 0 | 1
}
