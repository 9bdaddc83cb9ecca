/**
 * The authenticated state on disk: committed versions of the state tree, the newest and some before it. Reading, preparing and proving
 * touch only the pages on their way; opening reads one small record a version. Spec: docs/spec/state.md.
 */
import type { StateChange, StateReader } from '../application/state.ts'
import { firstDamagedPage } from '../application/state-tree/check-tree.ts'
import { pathOf } from '../application/state-tree/node-hash.ts'
import { outlineOf, type StateOutline } from '../application/state-tree/outline.ts'
import { leafValue, type ReadPage } from '../application/state-tree/page.ts'
import type { StateProof } from '../application/state-tree/proof.ts'
import { proveKey } from '../application/state-tree/prove.ts'
import { proveRange } from '../application/state-tree/prove-range.ts'
import type { StateRange } from '../application/state-tree/range-proof.ts'
import { findLeaf } from '../application/state-tree/tree-node.ts'
import {
  emptyTree,
  insertPaths,
  type PathEntry,
  type Tree,
  type TreeUpdate,
  updateTree,
} from '../application/state-tree/update.ts'
import type { PageWrite } from '../application/state-tree/write-pages.ts'
import type { Hash } from '../crypto/hash.ts'
import type { Store, StoreOperation } from '../ports/store.ts'
import { assert } from '../primitives/assert.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { createPageCache } from './page-cache.ts'
import { encodePageNumbers, pageKey, readVersions, replacedKey, type StateVersion, versionRecord } from './state-records.ts'
import { deletePages, dropOperations, finishRelease, forgetOperations, releaseBeginning } from './state-versions.ts'

export interface StateStore {
  /** The height of the newest committed version, −1 before genesis. */
  readonly version: number
  /** The oldest version that can still be read and proved. */
  readonly oldest: number
  /** The root of the newest version. */
  readonly root: Hash
  /** How many keys the newest version has. */
  readonly keys: number
  /** All kept versions, in rising order. */
  kept(): readonly number[]
  /** Throws STATE_VERSION_PRUNED. */
  treeAt(version: number): Tree
  /** Committed state, as of the newest version or a recent one. Throws STATE_VERSION_PRUNED when the version is not kept. */
  reader(version?: number): StateReader
  /** The state after these changes to the newest version, each key at most once. Writes nothing; any number may be alive at once. */
  prepare(changes: readonly StateChange[]): PreparedState
  /** The state that these entries alone make up, whatever has been committed: for the genesis root. */
  prepareGenesis(entries: readonly StateChange[]): PreparedState
  /** Entries of a verified snapshot chunk on top of the newest version. */
  prepareEntries(entries: readonly PathEntry[]): PreparedState
  /** Makes a prepared state the version `version`, with `extra` operations, all or nothing and durably. Versions rise. */
  commit(prepared: PreparedState, version: number, extra?: readonly StoreOperation[]): Promise<void>
  /** Presence or absence of a key. */
  prove(key: Bytes, version?: number): StateProof
  /** The entries from path `from` up to `until`, ended early after about `bytesMax`, with their proof: a chunk of a snapshot. */
  proveRange(from: Bytes, bytesMax: number, version?: number, until?: Bytes): StateRange
  /** The subtrees at a depth, from which the root follows. */
  outline(depth: number, version?: number): StateOutline
  /** The lowest damaged page of a version, all of which is read; `undefined` when it is whole. */
  damagedPage(version?: number): number | undefined
  /** Forgets the versions after `version`, which must still be kept. */
  rollback(version: number): Promise<void>
  /** Old versions that are kept although they are no longer recent, in rising order. */
  pinned(): readonly number[]
  /** Lets a pinned version go; a little at a time, beside other work. Ends what an earlier run left undone. */
  unpin(version: number): Promise<void>
  /** The number that the next new page gets. */
  readonly nextPage: number
  /** Puts a state that was fetched, its pages written below `nextPage`, in the place of all versions, with `extra` operations. */
  replaceBy(fetched: StateVersion, extra: readonly StoreOperation[]): Promise<void>
}

export interface PreparedState {
  readonly root: Hash
  /** The version it was prepared on. */
  readonly base: number
  readonly update: TreeUpdate
}

export interface StateStoreOptions {
  /** How many versions stay readable, the newest included; at least two, since one is read while the next is being written. */
  readonly versionsKept?: number
  /** Versions at multiples of it are pinned: kept until they are let go. 0: none. */
  readonly pinEvery?: number
  /** Bound of the page cache. */
  readonly cacheBytesMax?: number
}

const versionsKeptDefault = 100
const cacheBytesDefault = 16 << 20
/** Versions dropped with one commit: one in the long run, a few more after the operator lowered `versionsKept`. */
const prunedPerCommitMax = 4
/** Pages beyond this size are written in several batches, which bounds what a large block takes in memory. */
const batchBytes = 1 << 20

const beforeGenesis: StateVersion = { version: -1, tree: emptyTree, nextPage: 0 }

export async function openStateStore(store: Store, options: StateStoreOptions = {}): Promise<StateStore> {
  const versionsKept = Math.max(2, options.versionsKept ?? versionsKeptDefault)
  const pages = createPageReading(store, options.cacheBytesMax ?? cacheBytesDefault)
  /** Kept versions in rising order. Replaced as a whole, so that readers see a version until it is gone from disk. */
  let versions = await readVersions(store)

  const isPinned = ({ version }: StateVersion): boolean =>
    options.pinEvery !== undefined && options.pinEvery > 0 && version > 0 && version % options.pinEvery === 0
  const newest = () => versions.at(-1) ?? beforeGenesis
  const at = (version: number | undefined): StateVersion => {
    if (version === undefined) return newest()
    const kept = versions.find((candidate) => candidate.version === version)
    if (!kept) throw new OperationalError('STATE_VERSION_PRUNED', `The state at height ${version} is not kept.`)
    return kept
  }
  /** Drops what is no longer recent, the oldest first. */
  function dropOld(remaining: StateVersion[]): StoreOperation[] {
    const operations: StoreOperation[] = []
    for (let dropped = 0; dropped < prunedPerCommitMax; dropped++) {
      const index = remaining.findIndex((version) => !isPinned(version))
      if (index < 0 || index >= remaining.length - versionsKept) break
      operations.push(...dropOperations(store, remaining, index))
      remaining.splice(index, 1)
    }
    return operations
  }

  return {
    get version() {
      return newest().version
    },
    get oldest() {
      return (versions[0] ?? beforeGenesis).version
    },
    get root() {
      return newest().tree.root
    },
    get keys() {
      return newest().tree.leaves
    },
    get nextPage() {
      return newest().nextPage
    },
    kept: () => versions.map(({ version }) => version),
    pinned: () => versions.slice(0, -versionsKept).flatMap((version) => (isPinned(version) ? [version.version] : [])),
    treeAt: (version) => at(version).tree,
    ...readingOf(pages.read, at),
    ...preparingOf(pages.fetch, newest),
    async commit({ base, update }, version, extra = []) {
      assert(base === newest().version && version > base, 'a prepared state is committed on the version it was prepared on')
      const next: StateVersion = { version, tree: update.tree, nextPage: update.nextPage }
      const remaining = [...versions, next]
      const operations: StoreOperation[] = [
        ...extra,
        versionRecord(next),
        [replacedKey(version), encodePageNumbers(update.replaced)],
        ...dropOld(remaining),
      ]
      versions = remaining.slice(0, -1)
      operations.push(...(await writeAllButLast(store, update.pages)))
      await store.write(operations, { durable: true })
      versions = remaining
    },
    async rollback(version) {
      const target = at(version)
      const { nextPage, version: last } = newest()
      const operations = forgetOperations(store, version, last)
      await store.write(operations, { durable: true })
      versions = versions.filter((candidate) => candidate.version <= version)
      pages.clear()
      await deletePages(store, target.nextPage, nextPage)
    },
    async unpin(version) {
      await finishRelease(store)
      const index = versions.findIndex((candidate) => candidate.version === version)
      if (index < 0 || index === versions.length - 1) return
      const operations = releaseBeginning(versions, index)
      versions = versions.toSpliced(index, 1)
      await store.write(operations, { durable: true })
      await finishRelease(store)
    },
    async replaceBy(fetched, extra) {
      const operations = forgetOperations(store, (versions[0]?.version ?? 0) - 1, newest().version)
      await store.write([...operations, ...extra, versionRecord(fetched)], { durable: true })
      versions = [fetched]
      pages.clear()
    },
  }
}

function createPageReading(store: Store, cacheBytesMax: number) {
  const cache = createPageCache(cacheBytesMax)
  /** For updates: what they read they replace, so it is not worth keeping. */
  const fetch: ReadPage = (page) => {
    const content = cache.get(page) ?? store.get(pageKey(page))
    if (!content) throw new OperationalError('STORE_CORRUPT', `Page ${page} of the state is missing.`)
    return content
  }
  const read: ReadPage = (page) => {
    const cached = cache.get(page)
    if (cached) return cached
    const content = fetch(page)
    cache.set(page, content)
    return content
  }
  return { fetch, read, clear: cache.clear }
}

function readingOf(
  read: ReadPage,
  at: (version: number | undefined) => StateVersion,
): Pick<StateStore, 'reader' | 'prove' | 'proveRange' | 'outline' | 'damagedPage'> {
  return {
    reader(version) {
      const { tree } = at(version)
      return {
        get(key) {
          const leaf = findLeaf(read, tree.ref, pathOf(key))
          return leaf && leafValue(read, leaf)
        },
      }
    },
    prove: (key, version) => proveKey(read, at(version).tree.ref, key),
    proveRange: (from, bytesMax, version, until) => proveRange(read, at(version).tree.ref, { from, until, bytesMax }),
    outline: (depth, version) => outlineOf(read, at(version).tree.ref, depth),
    damagedPage: (version) => firstDamagedPage(read, at(version).tree.ref),
  }
}

function preparingOf(
  fetch: ReadPage,
  newest: () => StateVersion,
): Pick<StateStore, 'prepare' | 'prepareGenesis' | 'prepareEntries'> {
  const prepared = (update: TreeUpdate): PreparedState => ({ root: update.tree.root, base: newest().version, update })
  return {
    prepare: (changes) => prepared(updateTree(fetch, newest().tree, changes, newest().nextPage)),
    prepareGenesis: (entries) => prepared(updateTree(fetch, emptyTree, entries, newest().nextPage)),
    prepareEntries: (entries) => prepared(insertPaths(fetch, newest().tree, entries, newest().nextPage)),
  }
}

/**
 * Writes new pages in batches of bounded size, and returns the operations of the last one, to be written together with the version.
 * Until then nothing refers to the others, and after a crash the next commit writes other pages over them. Each batch is durable by
 * itself: a database that changes logs in between does not promise that an older unsynced log survives with a newer synced one.
 */
async function writeAllButLast(store: Store, pages: readonly PageWrite[]): Promise<readonly StoreOperation[]> {
  let operations: StoreOperation[] = []
  let bytes = 0
  for (const [page, content] of pages) {
    if (bytes > batchBytes) {
      await store.write(operations, { durable: true })
      operations = []
      bytes = 0
    }
    operations.push([pageKey(page), content])
    bytes += content.length
  }
  return operations
}
