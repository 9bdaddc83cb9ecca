/** The tree seen node by node, for reading and proving. Pages are read when a walk enters them, and their inner hashes computed then. */
import { hashBytes } from '../../crypto/hash.ts'
import { type Bytes, bytesEqual } from '../../primitives/bytes.ts'
import { bitAt, emptyHash, innerHash } from './node-hash.ts'
import {
  branchLevels,
  branchSlot,
  decodeBranchPage,
  decodeLeafPage,
  findInLeafPage,
  isLeafPage,
  type Leaf,
  leafNodeHash,
  type ReadPage,
  type Ref,
  refHash,
  refLeaves,
  refPage,
  slotOf,
} from './page.ts'

export type TreeNode = OpenNode | { readonly kind: 'page'; readonly hash: Bytes; readonly ref: Ref; readonly depth: number }

export type OpenNode =
  | { readonly kind: 'empty'; readonly hash: Bytes }
  | { readonly kind: 'leaf'; readonly hash: Bytes; readonly leaf: Leaf }
  | { readonly kind: 'inner'; readonly hash: Bytes; readonly left: TreeNode; readonly right: TreeNode }

const emptyNode: OpenNode = { kind: 'empty', hash: emptyHash }

export function rootNode(ref: Ref | undefined): TreeNode {
  return pageNode(ref, 0)
}

/** The node itself, its page read when it stands at the border of one. */
export function openNode(readPage: ReadPage, node: TreeNode): OpenNode {
  if (node.kind !== 'page') return node
  const content = readPage(refPage(node.ref))
  if (isLeafPage(content)) return leavesNode(decodeLeafPage(content), node.depth)
  let nodes = decodeBranchPage(content).map((slot) => pageNode(slot, node.depth + branchLevels))
  while (nodes.length > 2) nodes = pairs(nodes)
  const [left, right] = nodes as [TreeNode, TreeNode]
  return { kind: 'inner', hash: node.hash, left, right }
}

/** The leaf at a path. Walks from page to page without computing any hash. */
export function findLeaf(readPage: ReadPage, root: Ref | undefined, path: Bytes): Leaf | undefined {
  let ref = root
  for (let depth = 0; ref; depth += branchLevels) {
    const content = readPage(refPage(ref))
    if (isLeafPage(content)) return findInLeafPage(content, path)
    ref = branchSlot(content, slotOf(path, depth))
  }
  return undefined
}

function pageNode(ref: Ref | undefined, depth: number): TreeNode {
  return ref ? { kind: 'page', hash: refHash(ref), ref, depth } : emptyNode
}

function pairs(nodes: readonly TreeNode[]): TreeNode[] {
  const above: TreeNode[] = []
  for (let index = 0; index < nodes.length; index += 2) above.push(joined(nodes[index] as TreeNode, nodes[index + 1] as TreeNode))
  return above
}

function joined(left: TreeNode, right: TreeNode): TreeNode {
  if (left.kind === 'empty' && (right.kind === 'empty' || isLeaf(right))) return right
  if (right.kind === 'empty' && isLeaf(left)) return left
  return { kind: 'inner', hash: innerHash(left.hash, right.hash), left, right }
}

function isLeaf(node: TreeNode): boolean {
  return node.kind === 'leaf' || (node.kind === 'page' && refLeaves(node.ref) === 1)
}

function leavesNode(leaves: readonly Leaf[], depth: number): OpenNode {
  const [first] = leaves
  if (!first) return emptyNode
  if (leaves.length === 1) return { kind: 'leaf', hash: leafNodeHash(first), leaf: first }
  const middle = leaves.findIndex((leaf) => bitAt(leaf, depth) === 1)
  const split = middle < 0 ? leaves.length : middle
  const left = leavesNode(leaves.slice(0, split), depth + 1)
  const right = leavesNode(leaves.slice(split), depth + 1)
  return { kind: 'inner', hash: innerHash(left.hash, right.hash), left, right }
}

/** Whether a leaf stands at exactly this path. */
export function leafIsAt(leaf: Leaf, path: Bytes): boolean {
  return bytesEqual(leaf.subarray(0, hashBytes), path)
}
