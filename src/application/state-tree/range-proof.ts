/**
 * That these are all the leaves of a range of paths, checked against the state root alone: the proof of a snapshot's chunk. The
 * verifier rebuilds what lies in the range from the leaves, takes what lies outside as hashes, and splits only the nodes that the
 * range's two ends run through, each of which the proof describes, in pre-order. Spec: docs/spec/state.md.
 */
import { bytes, documented, type Infer, list, optional, struct, variant } from '../../codec/schema.ts'
import { hashBytes, sha256 } from '../../crypto/hash.ts'
import { type Bytes, bytesEqual, compareBytes } from '../../primitives/bytes.ts'
import { bitAt, emptyHash, innerHash, leafHash, pathBits } from './node-hash.ts'
import { valueBytesMax } from './page.ts'
import { childPrefix, contains, type PathRange, type Prefix, positionOf, wholeTree } from './path-range.ts'

const path = bytes({ length: hashBytes })

export const boundaryNodeSchema = variant('BoundaryNode', {
  split: { tag: 0, schema: documented(struct('SplitNode', {}), 'An inner node that an end of the range runs through.') },
  outside: { tag: 1, schema: documented(struct('OutsideNode', { hash: path }), 'A whole subtree outside the range.') },
  leaf: {
    tag: 2,
    schema: documented(
      struct('OutsideLeaf', { path, valueHash: path }),
      'A leaf outside the range, alone where an end of it runs.',
    ),
  },
  rest: { tag: 3, schema: documented(struct('RestNode', {}), 'Nothing, or the one leaf of the range, where an end of it runs.') },
})
export type BoundaryNode = Infer<typeof boundaryNodeSchema>

export const rangeEntriesMax = 65_536

export const stateRangeSchema = documented(
  struct('StateRange', {
    from: documented(path, 'The first path of the range.'),
    to: documented(optional(path), 'The first path after the range; without it the range reaches to the end.'),
    entries: list(struct('StateEntry', { path, value: bytes({ max: valueBytesMax }) }), { max: rangeEntriesMax }),
    boundary: list(boundaryNodeSchema, { max: 4 * pathBits + 2 }),
  }),
  'All leaves of a range of paths, in rising order, with their proof.',
)
export type StateRange = Infer<typeof stateRangeSchema>

interface Leaf {
  readonly path: Bytes
  readonly hash: Bytes
}

interface Rebuild {
  readonly range: PathRange
  readonly leaves: readonly Leaf[]
  readonly boundary: readonly BoundaryNode[]
  next: number
}

/** Whether the state with this root has exactly the given entries in the given range. */
export function verifyRange(root: Bytes, range: StateRange): boolean {
  if (range.to && compareBytes(range.from, range.to) >= 0) return false
  const leaves: Leaf[] = []
  let previous: Bytes | undefined
  for (const entry of range.entries) {
    if (!contains(range, entry.path) || (previous && compareBytes(previous, entry.path) >= 0)) return false
    leaves.push({ path: entry.path, hash: leafHash(entry.path, sha256(entry.value)) })
    previous = entry.path
  }
  const rebuild: Rebuild = { range, leaves, boundary: range.boundary, next: 0 }
  const hash = rebuilt(rebuild, wholeTree, 0, leaves.length)
  return hash !== undefined && rebuild.next === range.boundary.length && bytesEqual(hash, root)
}

/** The hash of the subtree at `prefix`, in which exactly the leaves from `from` up to `to` lie; `undefined` when the proof is wrong. */
function rebuilt(rebuild: Rebuild, prefix: Prefix, from: number, to: number): Bytes | undefined {
  const position = positionOf(prefix, rebuild.range)
  if (position === 'inside') return subtreeHash(rebuild.leaves, from, to, prefix.depth)
  const node = rebuild.boundary[rebuild.next++]
  if (position === 'outside') return node?.type === 'outside' ? node.hash : undefined
  switch (node?.type) {
    case 'split':
      return prefix.depth < pathBits ? splitHash(rebuild, prefix, from, to) : undefined
    case 'rest':
      return to - from <= 1 ? subtreeHash(rebuild.leaves, from, to, prefix.depth) : undefined
    case 'leaf':
      return from === to && !contains(rebuild.range, node.path) ? leafHash(node.path, node.valueHash) : undefined
    default:
      return undefined
  }
}

function splitHash(rebuild: Rebuild, prefix: Prefix, from: number, to: number): Bytes | undefined {
  const middle = firstRight(rebuild.leaves, from, to, prefix.depth)
  const left = rebuilt(rebuild, childPrefix(prefix, 0), from, middle)
  const right = left && rebuilt(rebuild, childPrefix(prefix, 1), middle, to)
  return left && right && innerHash(left, right)
}

/** The hash of a subtree whose leaves are all known. */
function subtreeHash(leaves: readonly Leaf[], from: number, to: number, depth: number): Bytes {
  const first = leaves[from]
  if (from === to || !first) return emptyHash
  if (to - from === 1) return first.hash
  const middle = firstRight(leaves, from, to, depth)
  return innerHash(subtreeHash(leaves, from, middle, depth + 1), subtreeHash(leaves, middle, to, depth + 1))
}

function firstRight(leaves: readonly Leaf[], from: number, to: number, depth: number): number {
  let index = from
  while (index < to && bitAt((leaves[index] as Leaf).path, depth) === 0) index++
  return index
}
