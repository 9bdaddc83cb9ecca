/**
 * Many changes at once: the new version's root, the pages to write and the pages it no longer needs, as data. Only the pages on the
 * way to a change are read. The result depends on the resulting map alone, never on the order or the history of changes.
 */
import { type Hash, hashBytes, sha256 } from '../../crypto/hash.ts'
import { assert } from '../../primitives/assert.ts'
import { type Bytes, bytesEqual, compareBytes } from '../../primitives/bytes.ts'
import type { StateChange } from '../state.ts'
import { createHashPlan, emptyNode, type HashPlan } from './hash-plan.ts'
import { bitAt, emptyHash, leafHash, pathOf } from './node-hash.ts'
import {
  branchLevels,
  decodeBranchPage,
  decodeLeafPage,
  encodeBranchPage,
  encodeLeafPage,
  externalPage,
  inlineBytesMax,
  type Leaf,
  leafNodeHash,
  leafPath,
  leavesMax,
  makeExternalLeaf,
  makeLeaf,
  makeRef,
  type ReadPage,
  type Ref,
  refHash,
  refLeaves,
  refPage,
  setExternalPage,
  slotCount,
  slotOf,
  valueBytesMax,
} from './page.ts'
import { createSlab, type Slab } from './slab.ts'

/** A version of the tree: where its root lies (nowhere when it is empty) and how many leaves it has. */
export interface Tree {
  readonly root: Hash
  readonly ref: Ref | undefined
  readonly leaves: number
}

export const emptyTree: Tree = { root: emptyHash, ref: undefined, leaves: 0 }

export interface TreeUpdate {
  readonly tree: Tree
  /** New pages, numbered from the given first number on, in rising order. */
  readonly pages: readonly (readonly [page: number, content: Bytes])[]
  /** Pages of the old version that the new one does not use. */
  readonly replaced: readonly number[]
  readonly nextPage: number
}

/** A leaf to put, or with `undefined` to take away, at a path. */
interface PathChange {
  readonly path: Bytes
  readonly leaf: Leaf | undefined
}

/** A subtree of the new version: one of the old version as it was, or one to be written. */
type Subtree =
  | { readonly kind: 'kept'; readonly ref: Ref }
  | { readonly kind: 'leaves'; readonly leaves: readonly Leaf[]; node: number }
  | { readonly kind: 'branch'; readonly slots: readonly (Subtree | undefined)[]; node: number }

interface Update {
  readonly readPage: ReadPage
  readonly changes: readonly PathChange[]
  /** Values that get pages of their own, by their leaf. */
  readonly largeValues: Map<Leaf, Bytes>
  readonly slab: Slab
  readonly replaced: number[]
  readonly pages: [number, Bytes][]
  nextPage: number
  added: number
}

/** @param changes each key at most once, in any order. @param nextPage the number of the first new page. */
export function updateTree(readPage: ReadPage, tree: Tree, changes: readonly StateChange[], nextPage: number): TreeUpdate {
  const byPath = changes.map(([key, value]): Change => [pathOf(key), value])
  return updatePaths(readPage, tree, byPath, nextPage)
}

/** The same for entries known by their paths, as the chunks of a snapshot bring them. */
export function insertPaths(readPage: ReadPage, tree: Tree, entries: readonly PathEntry[], nextPage: number): TreeUpdate {
  const byPath = entries.map(({ path, value }): Change => [path, value])
  return updatePaths(readPage, tree, byPath, nextPage)
}

export interface PathEntry {
  readonly path: Bytes
  readonly value: Bytes
}

type Change = readonly [path: Bytes, value: Bytes | undefined]

function updatePaths(readPage: ReadPage, tree: Tree, unsorted: readonly Change[], nextPage: number): TreeUpdate {
  const slab = createSlab()
  const largeValues = new Map<Leaf, Bytes>()
  const changes = unsorted.map(([path, value]) => ({ path, leaf: value && newLeaf(slab, path, value, largeValues) }))
  changes.sort((left, right) => compareBytes(left.path, right.path))
  for (let index = 1; index < changes.length; index++) {
    assert(
      !bytesEqual((changes[index - 1] as PathChange).path, (changes[index] as PathChange).path),
      'a key changes twice at once',
    )
  }
  const update: Update = { readPage, changes, largeValues, slab, replaced: [], pages: [], nextPage, added: 0 }
  const subtree = changed(update, tree.ref, 0, 0, changes.length)
  if (!subtree) return { tree: emptyTree, pages: [], replaced: update.replaced, nextPage }
  if (subtree.kind === 'kept') return { tree, pages: [], replaced: [], nextPage }
  const plan = createHashPlan()
  planHash(plan, subtree, 0)
  plan.run()
  const ref = writePages(update, plan, subtree)
  const newTree = { root: refHash(ref), ref, leaves: tree.leaves + update.added }
  return { tree: newTree, pages: update.pages, replaced: update.replaced, nextPage: update.nextPage }
}

function newLeaf(slab: Slab, path: Bytes, value: Bytes, largeValues: Map<Leaf, Bytes>): Leaf {
  assert(value.length <= valueBytesMax, 'a state value is too large')
  const hash = leafHash(path, sha256(value))
  if (value.length <= inlineBytesMax) return makeLeaf(slab, path, hash, value)
  const leaf = makeExternalLeaf(slab, path, hash)
  largeValues.set(leaf, value)
  return leaf
}

/** The subtree at `depth` after the changes from index `from` up to `to`, all of which lie in it. */
function changed(update: Update, ref: Ref | undefined, depth: number, from: number, to: number): Subtree | undefined {
  if (from === to) return ref && { kind: 'kept', ref }
  if (!ref || refLeaves(ref) > 0) return changedLeaves(update, ref, depth, from, to)
  const slots: (Subtree | undefined)[] = []
  let different = false
  let start = from
  for (const [slot, child] of decodeBranchPage(update.readPage(refPage(ref))).entries()) {
    let end = start
    while (end < to && slotOf((update.changes[end] as PathChange).path, depth) === slot) end++
    const subtree = changed(update, child, depth + branchLevels, start, end)
    if (subtree ? subtree.kind !== 'kept' : child) different = true
    slots.push(subtree)
    start = end
  }
  if (!different) return { kind: 'kept', ref }
  update.replaced.push(refPage(ref))
  return settled(update, slots)
}

/** Merges changes into the few leaves of a leaf page, or of no page at all. */
function changedLeaves(update: Update, ref: Ref | undefined, depth: number, from: number, to: number): Subtree | undefined {
  const old = ref ? decodeLeafPage(update.readPage(refPage(ref))) : []
  const leaves: Leaf[] = []
  let different = false
  let next = 0
  for (let index = from; index < to; index++) {
    const { path, leaf } = update.changes[index] as PathChange
    while (next < old.length && compareBytes(leafPath(old[next] as Leaf), path) < 0) leaves.push(old[next++] as Leaf)
    const before = next < old.length && bytesEqual(leafPath(old[next] as Leaf), path) ? old[next++] : undefined
    if (before && leaf && bytesEqual(leafNodeHash(before), leafNodeHash(leaf))) {
      leaves.push(before)
      continue
    }
    if (leaf) leaves.push(leaf)
    if (before || leaf) different = true
    update.added += (leaf ? 1 : 0) - (before ? 1 : 0)
    const value = before && externalPage(before)
    if (value !== undefined) update.replaced.push(value)
  }
  while (next < old.length) leaves.push(old[next++] as Leaf)
  if (!different) return ref && { kind: 'kept', ref }
  if (ref) update.replaced.push(refPage(ref))
  return grown(leaves, depth)
}

/** A subtree of these leaves alone: one page, or branches when they are too many. */
function grown(leaves: readonly Leaf[], depth: number): Subtree | undefined {
  if (leaves.length === 0) return undefined
  if (leaves.length <= leavesMax) return { kind: 'leaves', leaves, node: emptyNode }
  const slots: (Subtree | undefined)[] = []
  let start = 0
  for (let slot = 0; slot < slotCount; slot++) {
    let end = start
    while (end < leaves.length && slotOf(leaves[end] as Leaf, depth) === slot) end++
    slots.push(grown(leaves.slice(start, end), depth + branchLevels))
    start = end
  }
  return { kind: 'branch', slots, node: emptyNode }
}

/** A branch, unless so few leaves are left below it that one page holds them. */
function settled(update: Update, slots: readonly (Subtree | undefined)[]): Subtree | undefined {
  let count = 0
  for (const slot of slots) {
    const leaves = slot ? leafCount(slot) : 0
    if (leaves === undefined || count + leaves > leavesMax) return { kind: 'branch', slots, node: emptyNode }
    count += leaves
  }
  const leaves: Leaf[] = []
  for (const slot of slots) {
    if (slot?.kind === 'leaves') leaves.push(...slot.leaves)
    if (slot?.kind !== 'kept') continue
    leaves.push(...decodeLeafPage(update.readPage(refPage(slot.ref))))
    update.replaced.push(refPage(slot.ref))
  }
  return grown(leaves, 0)
}

/** The number of leaves, or `undefined` when they are more than a page holds. */
function leafCount(subtree: Subtree): number | undefined {
  if (subtree.kind === 'branch') return undefined
  if (subtree.kind === 'leaves') return subtree.leaves.length
  return refLeaves(subtree.ref) || undefined
}

function planHash(plan: HashPlan, subtree: Subtree, depth: number): number {
  if (subtree.kind === 'kept') return plan.known(subtree.ref)
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
  const nodes = slots.map((slot) => (slot ? planHash(plan, slot, depth) : emptyNode))
  const alone = slots.map((slot) => slot !== undefined && leafCount(slot) === 1)
  for (let width = slotCount / 2; width > 0; width >>= 1) {
    for (let index = 0; index < width; index++) {
      const [left, right] = [nodes[2 * index] as number, nodes[2 * index + 1] as number]
      const only = left === emptyNode ? 2 * index + 1 : right === emptyNode ? 2 * index : undefined
      const rises = only !== undefined && (nodes[only] === emptyNode || alone[only] === true)
      nodes[index] = rises ? (nodes[only] as number) : plan.pair(left, right)
      alone[index] = rises && alone[only] === true
    }
  }
  return nodes[0] as number
}

/** Writes the new pages below and of `subtree`, children first, and returns the reference to it. */
function writePages(update: Update, plan: HashPlan, subtree: Subtree): Ref {
  if (subtree.kind === 'kept') return subtree.ref
  const content =
    subtree.kind === 'leaves'
      ? encodeLeafPage(
          update.slab,
          subtree.leaves.map((leaf) => placed(update, leaf)),
        )
      : encodeBranchPage(
          update.slab,
          subtree.slots.map((slot) => slot && writePages(update, plan, slot)),
        )
  const ref = makeRef(writePage(update, content), subtree.kind === 'leaves' ? subtree.leaves.length : 0)
  plan.copy(subtree.node, ref)
  return ref
}

function placed(update: Update, leaf: Leaf): Leaf {
  const value = update.largeValues.get(leaf)
  if (value) setExternalPage(leaf, writePage(update, value))
  return leaf
}

function writePage(update: Update, content: Bytes): number {
  const page = update.nextPage++
  update.pages.push([page, content])
  return page
}
