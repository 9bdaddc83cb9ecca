import { sha256 } from '../../crypto/hash.ts'
import { bytesEqual } from '../../primitives/bytes.ts'
import { emptyHash, innerHash, leafHash } from './node-hash.ts'
import { leafNodeHash, leafPath, leafValue, type ReadPage, type Ref, refPage } from './page.ts'
import { type OpenNode, openNode, rootNode, type TreeNode } from './tree-node.ts'

/** The number of the first page below `ref` that is not what the reference to it says, every page and value being read; else `undefined`. */
export function firstDamagedPage(readPage: ReadPage, ref: Ref | undefined): number | undefined {
  if (!ref) return undefined
  const waiting: TreeNode[] = [rootNode(ref)]
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (node.kind !== 'page') continue
    const below: TreeNode[] = []
    const hash = hashWithin(readPage, openNode(readPage, node), below)
    if (!bytesEqual(hash, node.hash)) return refPage(node.ref)
    waiting.push(...below)
  }
  return undefined
}

/** The hash of a page's content, and the references to the pages below it. */
function hashWithin(readPage: ReadPage, node: OpenNode, below: TreeNode[]): Uint8Array {
  if (node.kind === 'empty') return emptyHash
  if (node.kind === 'leaf') {
    const whole = leafHash(leafPath(node.leaf), sha256(leafValue(readPage, node.leaf)))
    return bytesEqual(whole, leafNodeHash(node.leaf)) ? whole : emptyHash
  }
  const [left, right] = [node.left, node.right].map((child) => {
    if (child.kind !== 'page') return hashWithin(readPage, child, below)
    below.push(child)
    return child.hash
  }) as [Uint8Array, Uint8Array]
  return innerHash(left, right)
}
