import { sha256 } from '../../crypto/hash.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import {
  branchLevels,
  decodeBranchPage,
  decodeLeafPage,
  isLeafPage,
  leafPath,
  leafValue,
  type ReadPage,
  type Ref,
  refPage,
} from './page.ts'
import { childPrefix, contains, type PathRange, type Prefix, positionOf, wholeTree } from './path-range.ts'
import { type BoundaryNode, rangeEntriesMax, type StateRange } from './range-proof.ts'
import { type OpenNode, openNode, rootNode, type TreeNode } from './tree-node.ts'
import type { PathEntry } from './update.ts'

/**
 * The leaves from path `from` up to `until` with their proof, ended early after the leaf that fills `bytesMax`: at least one leaf,
 * unless none is left. The next range begins at the `to` of this one.
 */
export function proveRange(
  readPage: ReadPage,
  ref: Ref | undefined,
  { from, until, bytesMax }: { readonly from: Bytes; readonly until?: Bytes | undefined; readonly bytesMax: number },
): StateRange {
  const entries: PathEntry[] = []
  let bytes = 0
  let to: Bytes | undefined = until
  const take = (entry: PathEntry): boolean => {
    if (bytes >= bytesMax || entries.length === rangeEntriesMax) {
      to = entry.path
      return false
    }
    entries.push(entry)
    bytes += entry.path.length + entry.value.length
    return true
  }
  if (ref) takeLeaves(readPage, { page: ref, prefix: wholeTree, range: { from, to: until } }, take)
  const boundary: BoundaryNode[] = []
  describe(readPage, rootNode(ref), wholeTree, { from, to }, boundary)
  return { from, to, entries, boundary }
}

/** Hands the leaves of the range to `take` in rising order until it answers no, page by page and without computing a hash. */
function takeLeaves(
  readPage: ReadPage,
  { page, prefix, range }: { readonly page: Ref; readonly prefix: Prefix; readonly range: PathRange },
  take: (entry: PathEntry) => boolean,
): boolean {
  const content = readPage(refPage(page))
  if (isLeafPage(content)) {
    for (const leaf of decodeLeafPage(content)) {
      const path = leafPath(leaf)
      if (contains(range, path) && !take({ path, value: leafValue(readPage, leaf) })) return false
    }
    return true
  }
  for (const [slot, below] of decodeBranchPage(content).entries()) {
    if (!below) continue
    const place = slotPrefix(prefix, slot)
    if (positionOf(place, range) === 'outside') continue
    if (!takeLeaves(readPage, { page: below, prefix: place, range }, take)) return false
  }
  return true
}

/** The place of a slot of a branch page that stands at `prefix`. */
function slotPrefix(prefix: Prefix, slot: number): Prefix {
  const path = prefix.path.slice()
  const byte = prefix.depth >> 3
  path[byte] = (path[byte] as number) | (slot << (8 - branchLevels - (prefix.depth & 7)))
  return { path, depth: prefix.depth + branchLevels }
}

/** Adds, in pre-order, what a verifier cannot compute from the leaves of the range. */
function describe(readPage: ReadPage, node: TreeNode, prefix: Prefix, range: PathRange, boundary: BoundaryNode[]): void {
  const position = positionOf(prefix, range)
  if (position === 'inside') return
  if (position === 'outside') {
    boundary.push({ type: 'outside', hash: node.hash })
    return
  }
  const open = openNode(readPage, node)
  if (open.kind !== 'inner') {
    boundary.push(openEnd(readPage, open, range))
    return
  }
  boundary.push({ type: 'split' })
  describe(readPage, open.left, childPrefix(prefix, 0), range, boundary)
  describe(readPage, open.right, childPrefix(prefix, 1), range, boundary)
}

function openEnd(readPage: ReadPage, node: Exclude<OpenNode, { kind: 'inner' }>, range: PathRange): BoundaryNode {
  if (node.kind === 'empty') return { type: 'rest' }
  const path = leafPath(node.leaf)
  if (contains(range, path)) return { type: 'rest' }
  return { type: 'leaf', path, valueHash: sha256(leafValue(readPage, node.leaf)) }
}
