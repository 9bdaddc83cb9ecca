/**
 * Many changes at once: the new version's root, the pages to write and the pages it no longer needs, as data. Only the pages on the
 * way to a change are read. The result depends on the resulting map alone, never on the order or the history of changes.
 */
import { type Hash, sha256 } from '../../crypto/hash.ts'
import { assert } from '../../primitives/assert.ts'
import { type Bytes, bytesEqual, compareBytes } from '../../primitives/bytes.ts'
import type { StateChange } from '../state.ts'
import { emptyNode } from './hash-plan.ts'
import { emptyHash, leafHash, pathOf } from './node-hash.ts'
import {
  branchLevels,
  decodeBranchPage,
  decodeLeafPage,
  externalPage,
  inlineBytesMax,
  type Leaf,
  leafNodeHash,
  leafPath,
  leavesMax,
  makeExternalLeaf,
  makeLeaf,
  type ReadPage,
  type Ref,
  refHash,
  refLeaves,
  refPage,
  slotCount,
  slotOf,
  valueBytesMax,
} from './page.ts'
import { createSlab, type Slab } from './slab.ts'
import { createPageWriter, leafCount, type PageWrite, type PageWriter, type Subtree, writeSubtree } from './write-pages.ts'

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
  readonly pages: readonly PageWrite[]
  /** Pages of the old version that the new one does not use. */
  readonly replaced: readonly number[]
  readonly nextPage: number
}

/** A leaf to put, or with `undefined` to take away, at a path. */
interface PathChange {
  readonly path: Bytes
  readonly leaf: Leaf | undefined
}

interface Update {
  readonly readPage: ReadPage
  readonly changes: readonly PathChange[]
  readonly writer: PageWriter
  /**
   * The root is a branch and, having too many leaves for anything else, stays one. Then each subtree below it is changed and written
   * before the next is looked at, so that a large update keeps little in memory at a time.
   */
  readonly inParts: boolean
  readonly replaced: number[]
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
  const writer = createPageWriter(slab, largeValues, nextPage)
  const inParts = tree.leaves - changes.length > leavesMax
  const update: Update = { readPage, changes, writer, inParts, replaced: [], added: 0 }
  const subtree = changed(update, tree.ref, 0, 0, changes.length)
  if (subtree && subtree === tree.ref) return { tree, pages: [], replaced: [], nextPage }
  if (!subtree) return { tree: emptyTree, pages: [], replaced: update.replaced, nextPage }
  const ref = writeSubtree(writer, subtree, 0)
  const newTree = { root: refHash(ref), ref, leaves: tree.leaves + update.added }
  return { tree: newTree, pages: writer.pages, replaced: update.replaced, nextPage: writer.nextPage }
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
  if (from === to) return ref
  if (!ref || refLeaves(ref) > 0) return changedLeaves(update, ref, depth, from, to)
  const slots: (Subtree | undefined)[] = []
  let different = false
  let start = from
  for (const [slot, child] of decodeBranchPage(update.readPage(refPage(ref))).entries()) {
    let end = start
    while (end < to && slotOf((update.changes[end] as PathChange).path, depth) === slot) end++
    const subtree = changed(update, child, depth + branchLevels, start, end)
    const separate = subtree && depth === 0 && update.inParts
    slots.push(separate ? writeSubtree(update.writer, subtree, branchLevels) : subtree)
    if (subtree !== child) different = true
    start = end
  }
  if (!different) return ref
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
  if (!different) return ref
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
    if (slot?.kind !== 'ref') continue
    leaves.push(...decodeLeafPage(update.readPage(refPage(slot))))
    update.replaced.push(refPage(slot))
  }
  return grown(leaves, 0)
}
