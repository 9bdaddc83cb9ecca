/** The last step of an update: the hashes of a changed subtree, and its pages. */
import { hashBytes } from '../../crypto/hash.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { createHashPlan, emptyNode, type HashPlan } from './hash-plan.ts'
import { bitAt } from './node-hash.ts'
import {
  branchLevels,
  encodeBranchPage,
  encodeLeafPage,
  type Leaf,
  makeRef,
  type Ref,
  refLeaves,
  setExternalPage,
  slotCount,
} from './page.ts'
import type { Slab } from './slab.ts'

/** A subtree of the new version: one of the old version as it was, or one to be written. */
export type Subtree =
  | Ref
  | { readonly kind: 'leaves'; readonly leaves: readonly Leaf[]; node: number }
  | { readonly kind: 'branch'; readonly slots: readonly (Subtree | undefined)[]; node: number }

export type PageWrite = readonly [page: number, content: Bytes]

export interface PageWriter {
  readonly slab: Slab
  /** Values that get pages of their own, by their leaf. */
  readonly largeValues: ReadonlyMap<Leaf, Bytes>
  readonly plan: HashPlan
  readonly pages: PageWrite[]
  nextPage: number
}

export function createPageWriter(slab: Slab, largeValues: ReadonlyMap<Leaf, Bytes>, nextPage: number): PageWriter {
  return { slab, largeValues, plan: createHashPlan(), pages: [], nextPage }
}

/** Writes the new pages of a subtree at `depth`, children first, and returns the reference to it. */
export function writeSubtree(writer: PageWriter, subtree: Subtree, depth: number): Ref {
  if (subtree.kind === 'ref') return subtree
  writer.plan.clear()
  planHash(writer.plan, subtree, depth)
  writer.plan.run()
  return writePages(writer, subtree)
}

/** The number of leaves, or `undefined` when they are more than a page holds. */
export function leafCount(subtree: Subtree): number | undefined {
  if (subtree.kind === 'branch') return undefined
  return subtree.kind === 'leaves' ? subtree.leaves.length : refLeaves(subtree) || undefined
}

function planHash(plan: HashPlan, subtree: Subtree, depth: number): number {
  if (subtree.kind === 'ref') return plan.known(subtree.bytes, subtree.at)
  subtree.node =
    subtree.kind === 'leaves'
      ? planLeaves(plan, subtree.leaves, 0, subtree.leaves.length, depth)
      : planSlots(plan, subtree.slots, depth + branchLevels)
  return subtree.node
}

function planLeaves(plan: HashPlan, leaves: readonly Leaf[], from: number, to: number, depth: number): number {
  if (from === to) return emptyNode
  if (to - from === 1) return plan.known(leaves[from] as Leaf, hashBytes)
  let middle = from
  while (middle < to && bitAt(leaves[middle] as Leaf, depth) === 0) middle++
  return plan.pair(planLeaves(plan, leaves, from, middle, depth + 1), planLeaves(plan, leaves, middle, to, depth + 1))
}

/** Folds a branch page from its ends to its top. A leaf that is alone below a node takes the node's place. */
function planSlots(plan: HashPlan, slots: readonly (Subtree | undefined)[], depth: number): number {
  const nodes: number[] = []
  const alone: boolean[] = []
  for (const slot of slots) {
    nodes.push(slot ? planHash(plan, slot, depth) : emptyNode)
    alone.push(slot !== undefined && leafCount(slot) === 1)
  }
  for (let width = slotCount / 2; width > 0; width >>= 1) {
    for (let index = 0; index < width; index++) {
      const left = nodes[2 * index] as number
      const right = nodes[2 * index + 1] as number
      const only = left === emptyNode ? 2 * index + 1 : right === emptyNode ? 2 * index : undefined
      const rises = only !== undefined && (nodes[only] === emptyNode || alone[only] === true)
      nodes[index] = rises ? (nodes[only] as number) : plan.pair(left, right)
      alone[index] = rises && alone[only] === true
    }
  }
  return nodes[0] as number
}

function writePages(writer: PageWriter, subtree: Subtree): Ref {
  if (subtree.kind === 'ref') return subtree
  const leaves = subtree.kind === 'leaves' ? subtree.leaves.length : 0
  const ref = makeRef(writer.slab, writePage(writer, pageContent(writer, subtree)), leaves)
  writer.plan.copy(subtree.node, ref.bytes)
  return ref
}

function pageContent(writer: PageWriter, subtree: Exclude<Subtree, Ref>): Bytes {
  if (subtree.kind === 'branch') {
    const slots = subtree.slots.map((slot) => slot && writePages(writer, slot))
    return encodeBranchPage(writer.slab, slots)
  }
  for (const leaf of subtree.leaves) {
    const value = writer.largeValues.get(leaf)
    if (value) setExternalPage(leaf, writePage(writer, value))
  }
  return encodeLeafPage(writer.slab, subtree.leaves)
}

function writePage(writer: PageWriter, content: Bytes): number {
  const page = writer.nextPage++
  writer.pages.push([page, content])
  return page
}
