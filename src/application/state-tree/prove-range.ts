import { sha256 } from '../../crypto/hash.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { leafPath, leafValue, type ReadPage, type Ref } from './page.ts'
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
  let to = until
  for (const entry of leavesFrom(readPage, rootNode(ref), wholeTree, { from, to: until })) {
    if (bytes >= bytesMax || entries.length === rangeEntriesMax) {
      to = entry.path
      break
    }
    entries.push(entry)
    bytes += entry.path.length + entry.value.length
  }
  const boundary: BoundaryNode[] = []
  describe(readPage, rootNode(ref), wholeTree, { from, to }, boundary)
  return { from, to, entries, boundary }
}

/** Leaves of the range in rising order. */
function* leavesFrom(readPage: ReadPage, node: TreeNode, prefix: Prefix, range: PathRange): Generator<PathEntry> {
  const position = positionOf(prefix, range)
  if (position === 'outside') return
  const open = openNode(readPage, node)
  if (open.kind === 'leaf') {
    const path = leafPath(open.leaf)
    if (contains(range, path)) yield { path, value: leafValue(readPage, open.leaf) }
  }
  if (open.kind !== 'inner') return
  yield* leavesFrom(readPage, open.left, childPrefix(prefix, 0), range)
  yield* leavesFrom(readPage, open.right, childPrefix(prefix, 1), range)
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
