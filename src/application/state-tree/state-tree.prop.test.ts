import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../crypto/hash.ts'
import { type Bytes, compareBytes, toHex } from '../../primitives/bytes.ts'
import type { StateChange } from '../state.ts'
import { bitAt, emptyHash, innerHash, leafHash, pathOf } from './node-hash.ts'
import { leafValue, type ReadPage } from './page.ts'
import { type StateProof, verifyStateProof } from './proof.ts'
import { proveKey } from './prove.ts'
import { proveRange } from './prove-range.ts'
import { type BoundaryNode, type StateRange, verifyRange } from './range-proof.ts'
import { findLeaf } from './tree-node.ts'
import { emptyTree, insertPaths, type Tree, updateTree } from './update.ts'

/** The specification, word by word: what the root of a map is. */
function naiveRoot(entries: readonly (readonly [path: Bytes, value: Bytes])[], depth = 0): Bytes {
  const [first] = entries
  if (!first) return emptyHash
  if (entries.length === 1) return leafHash(first[0], sha256(first[1]))
  const side = (bit: number) =>
    naiveRoot(
      entries.filter(([path]) => bitAt(path, depth) === bit),
      depth + 1,
    )
  return innerHash(side(0), side(1))
}

/** A tree in memory with all its pages, dropping those that an update replaces: a page needed later would be missed. */
function memoryTree() {
  const pages = new Map<number, Bytes>()
  let tree: Tree = emptyTree
  let nextPage = 0
  const readPage: ReadPage = (page) => {
    const content = pages.get(page)
    if (!content) throw new Error(`page ${page} is missing`)
    return content
  }
  return {
    readPage,
    pages,
    tree: () => tree,
    apply(changes: readonly StateChange[]) {
      const update = updateTree(readPage, tree, changes, nextPage)
      for (const [page, content] of update.pages) pages.set(page, content)
      for (const page of update.replaced) expect(pages.delete(page)).toBe(true)
      tree = update.tree
      nextPage = update.nextPage
    },
    get(key: Bytes) {
      const leaf = findLeaf(readPage, tree.ref, pathOf(key))
      return leaf && leafValue(readPage, leaf)
    },
  }
}

const key = fc.integer({ min: 0, max: 400 }).map((index) => Uint8Array.of(index >> 8, index & 0xff))
const value = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ minLength: 120, maxLength: 300 }))
const batch = fc.uniqueArray(fc.tuple(key, fc.option(value, { nil: undefined })), {
  maxLength: 120,
  selector: ([of]) => toHex(of),
})
const map = fc.uniqueArray(fc.tuple(key, value), { maxLength: 150, selector: ([of]) => toHex(of) })

function rootOf(entries: Iterable<readonly [Bytes, Bytes]>): Bytes {
  return naiveRoot([...entries].map(([of, content]) => [pathOf(of), content]))
}

function filled(entries: readonly StateChange[]) {
  const tree = memoryTree()
  tree.apply(entries)
  return tree
}

describe('state tree', () => {
  it('has the root of the map it holds, whatever its history, and needs no page it gave up', () => {
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 6 }), (batches) => {
        const tree = memoryTree()
        const reference = new Map<string, readonly [Bytes, Bytes]>()
        for (const changes of batches) {
          tree.apply(changes)
          for (const [of, content] of changes) {
            if (content) reference.set(toHex(of), [of, content])
            else reference.delete(toHex(of))
          }
          expect(tree.tree().root).toEqual(rootOf(reference.values()))
          expect(tree.tree().leaves).toBe(reference.size)
        }
        for (const [of, content] of reference.values()) expect(tree.get(of)).toEqual(content)
        expect(tree.get(Uint8Array.of(9, 9, 9))).toBeUndefined()
      }),
    )
  })

  it('returns to an earlier root, with nothing left behind, when the changes are undone', () => {
    fc.assert(
      fc.property(map, batch, (entries, changes) => {
        const tree = filled(entries)
        const before = new Map(entries.map(([of, content]) => [toHex(of), content]))
        const { root } = tree.tree()
        const { size } = tree.pages
        tree.apply(changes)
        tree.apply(changes.map(([of]) => [of, before.get(toHex(of))]))
        expect(tree.tree().root).toEqual(root)
        expect(tree.pages.size).toBe(size)
      }),
    )
  })

  it('writes nothing when nothing changes', () => {
    fc.assert(
      fc.property(map, (entries) => {
        const tree = filled(entries)
        const absent: StateChange = [Uint8Array.of(9, 9, 9), undefined]
        const update = updateTree(tree.readPage, tree.tree(), [...entries, absent], 1_000_000)
        expect(update).toEqual({ tree: tree.tree(), pages: [], replaced: [], nextPage: 1_000_000 })
      }),
    )
  })

  it('refuses a key that changes twice at once', () => {
    const change: StateChange = [Uint8Array.of(1), Uint8Array.of(1)]
    expect(() => updateTree(memoryTree().readPage, emptyTree, [change, change], 0)).toThrow('twice')
  })
})

describe('state proof', () => {
  it('proves every key present or absent, and nothing else', () => {
    fc.assert(
      fc.property(map, key, value, (entries, someKey, someValue) => {
        const tree = filled(entries)
        const { root, ref } = tree.tree()
        const present = entries.find(([of]) => compareBytes(of, someKey) === 0)?.[1]
        const proof = proveKey(tree.readPage, ref, someKey)
        expect(verifyStateProof(root, someKey, present, proof)).toBe(true)
        if (!present || compareBytes(present, someValue) !== 0)
          expect(verifyStateProof(root, someKey, someValue, proof)).toBe(false)
        if (present) expect(verifyStateProof(root, someKey, undefined, proof)).toBe(false)
      }),
    )
  })

  it('fails with any mutation', () => {
    fc.assert(
      fc.property(map, key, (entries, someKey) => {
        const tree = filled(entries)
        const { root, ref } = tree.tree()
        const present = entries.find(([of]) => compareBytes(of, someKey) === 0)?.[1]
        const proof = proveKey(tree.readPage, ref, someKey)
        for (const mutant of mutants(proof)) expect(verifyStateProof(root, someKey, present, mutant)).toBe(false)
        for (const [of, content] of entries.slice(0, 5)) {
          if (compareBytes(of, someKey) === 0) continue
          expect(verifyStateProof(root, of, undefined, proof)).toBe(false)
          const own = proveKey(tree.readPage, ref, of)
          if (own.siblings.length > 0)
            expect(verifyStateProof(root, of, content, { ...own, siblings: own.siblings.slice(1) })).toBe(false)
        }
      }),
    )
  })

  it('does not take an inner node for a leaf, nor a leaf for an inner node', () => {
    const entries: StateChange[] = Array.from({ length: 40 }, (_, index) => [Uint8Array.of(index), Uint8Array.of(index)])
    const tree = filled(entries)
    const { root, ref } = tree.tree()
    const probe = Uint8Array.of(3)
    const { siblings } = proveKey(tree.readPage, ref, probe)
    const path = pathOf(probe)
    // The top node's children, claimed to be the path and the value hash of a leaf at the root.
    const rest = innerHashesFrom(siblings, 1, path, leafHash(path, sha256(probe)))
    const [left, right] = bitAt(path, 0) === 0 ? [rest, siblings[0] as Bytes] : [siblings[0] as Bytes, rest]
    expect(innerHash(left, right)).toEqual(root)
    expect(verifyStateProof(root, probe, undefined, { siblings: [], other: { path: left, valueHash: right } })).toBe(false)
  })
})

function innerHashesFrom(siblings: readonly Bytes[], from: number, path: Bytes, leaf: Bytes): Bytes {
  let hash = leaf
  for (let level = siblings.length - 1; level >= from; level--) {
    const sibling = siblings[level] as Bytes
    hash = bitAt(path, level) === 0 ? innerHash(hash, sibling) : innerHash(sibling, hash)
  }
  return hash
}

function* mutants({ siblings, other }: StateProof): Generator<StateProof> {
  for (const [index, sibling] of siblings.entries()) {
    yield { other, siblings: siblings.with(index, flipped(sibling, index)) }
    yield { other, siblings: siblings.toSpliced(index, 1) }
    yield { other, siblings: siblings.toSpliced(index, 0, sibling) }
  }
  yield { other, siblings: [...siblings, emptyHash] }
  if (other) {
    yield { siblings, other: undefined }
    yield { siblings, other: { ...other, path: flipped(other.path, 255) } }
    yield { siblings, other: { ...other, valueHash: flipped(other.valueHash, 0) } }
  } else yield { siblings, other: { path: sha256(Uint8Array.of(1)), valueHash: emptyHash } }
}

function flipped(bytes: Bytes, bit: number): Bytes {
  const changed = bytes.slice()
  const index = (bit >> 3) % bytes.length
  changed[index] = (changed[index] as number) ^ (1 << (bit & 7))
  return changed
}

describe('range proof', () => {
  const start = new Uint8Array(32)

  it('proves consecutive chunks that together rebuild the state', () => {
    fc.assert(
      fc.property(map, fc.integer({ min: 1, max: 3000 }), (entries, bytesMax) => {
        const tree = filled(entries)
        const { root, ref } = tree.tree()
        let rebuilt = emptyTree
        const pages = new Map<number, Bytes>()
        let nextPage = 0
        for (let from: Bytes | undefined = start; from; ) {
          const chunk: StateRange = proveRange(tree.readPage, ref, { from, bytesMax })
          expect(verifyRange(root, chunk)).toBe(true)
          const update = insertPaths((page) => pages.get(page) as Bytes, rebuilt, chunk.entries, nextPage)
          for (const [page, content] of update.pages) pages.set(page, content)
          rebuilt = update.tree
          nextPage = update.nextPage
          from = chunk.to
        }
        expect(rebuilt.root).toEqual(root)
      }),
    )
  })

  it('fails when an entry is left out, added, changed or moved, and with any mutation of the boundary', () => {
    fc.assert(
      fc.property(
        map,
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.integer({ min: 1, max: 1000 }),
        (entries, from, bytesMax) => {
          const tree = filled(entries)
          const { root, ref } = tree.tree()
          const chunk = proveRange(tree.readPage, ref, { from, bytesMax })
          expect(verifyRange(root, chunk)).toBe(true)
          for (const mutant of rangeMutants(chunk)) expect(verifyRange(root, mutant)).toBe(false)
          const valueAt = new Map(entries.map(([of, content]) => [toHex(pathOf(of)), content]))
          for (const lie of lies(chunk, valueAt)) expect(verifyRange(root, lie)).toBe(false)
        },
      ),
    )
  })
})

function* rangeMutants(chunk: StateRange): Generator<StateRange> {
  const { entries, boundary } = chunk
  for (const [index, entry] of entries.entries()) {
    yield { ...chunk, entries: entries.toSpliced(index, 1) }
    yield { ...chunk, entries: entries.toSpliced(index, 0, entry) }
    const neighbour = { ...entry, path: flipped(entry.path, 248) }
    yield { ...chunk, entries: [...entries, neighbour].sort((left, right) => compareBytes(left.path, right.path)) }
    yield { ...chunk, entries: entries.with(index, { ...entry, value: Uint8Array.of(...entry.value, 1) }) }
    yield { ...chunk, entries: entries.with(index, { ...entry, path: flipped(entry.path, 255) }) }
  }
  if (entries.length > 1) yield { ...chunk, entries: entries.toReversed() }
  for (const [index, node] of boundary.entries()) {
    yield { ...chunk, boundary: boundary.toSpliced(index, 1) }
    yield { ...chunk, boundary: boundary.toSpliced(index, 0, node) }
    for (const mutant of boundaryMutants(node)) yield { ...chunk, boundary: boundary.with(index, mutant) }
  }
  yield { ...chunk, boundary: [...boundary, { type: 'rest' }] }
  yield { ...chunk, from: chunk.from, to: chunk.from }
}

/** Changes that fit together: entries and the boundary tell the same false story. */
function* lies(chunk: StateRange, valueAt: ReadonlyMap<string, Bytes>): Generator<StateRange> {
  const { from, entries, boundary } = chunk
  const added = (entry: { path: Bytes; value: Bytes }) =>
    [...entries, entry].sort((left, right) => compareBytes(left.path, right.path))
  for (const [index, node] of boundary.entries()) {
    for (const [hidden, { path, value: content }] of node.type === 'rest' ? entries.entries() : []) {
      const leaf: BoundaryNode = { type: 'leaf', path, valueHash: sha256(content) }
      yield { ...chunk, entries: entries.toSpliced(hidden, 1), boundary: boundary.with(index, leaf) }
    }
    if (node.type !== 'leaf') continue
    const outside = { path: node.path, value: valueAt.get(toHex(node.path)) as Bytes }
    yield { ...chunk, entries: added(outside), boundary: boundary.with(index, { type: 'rest' }) }
    if (entries.every(({ path }) => compareBytes(path, from) !== 0)) {
      yield { ...chunk, entries: added({ path: from, value: Uint8Array.of(1) }) }
    }
  }
}

function* boundaryMutants(node: BoundaryNode): Generator<BoundaryNode> {
  if (node.type === 'outside') yield { type: 'outside', hash: flipped(node.hash, 9) }
  if (node.type === 'leaf') yield { ...node, valueHash: flipped(node.valueHash, 9) }
  if (node.type === 'leaf') yield { ...node, path: flipped(node.path, 248) }
  if (node.type !== 'rest') yield { type: 'rest' }
  if (node.type !== 'split') yield { type: 'split' }
}
