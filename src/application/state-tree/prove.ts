import { sha256 } from '../../crypto/hash.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { bitAt, pathOf } from './node-hash.ts'
import { leafPath, leafValue, type ReadPage, type Ref } from './page.ts'
import type { StateProof } from './proof.ts'
import { leafIsAt, openNode, rootNode } from './tree-node.ts'

/** Proves the presence or absence of a key in the tree at `ref`. */
export function proveKey(readPage: ReadPage, ref: Ref | undefined, key: Bytes): StateProof {
  const path = pathOf(key)
  const siblings: Bytes[] = []
  let node = openNode(readPage, rootNode(ref))
  while (node.kind === 'inner') {
    const right = bitAt(path, siblings.length) === 1
    siblings.push((right ? node.left : node.right).hash)
    node = openNode(readPage, right ? node.right : node.left)
  }
  if (node.kind === 'empty' || leafIsAt(node.leaf, path)) return { siblings, other: undefined }
  return { siblings, other: { path: leafPath(node.leaf), valueHash: sha256(leafValue(readPage, node.leaf)) } }
}
