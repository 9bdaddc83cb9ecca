/**
 * The authenticated state on disk: committed versions of the state tree, the newest and some before it. Reading, preparing and proving
 * touch only the pages on their way; opening reads one small record a version. Spec: docs/spec/state.md.
 */
import type { StateChange, StateReader } from '../application/state.ts'
import { pathOf } from '../application/state-tree/node-hash.ts'
import { leafValue, type ReadPage } from '../application/state-tree/page.ts'
import type { StateProof } from '../application/state-tree/proof.ts'
import { proveKey } from '../application/state-tree/prove.ts'
import { proveRange } from '../application/state-tree/prove-range.ts'
import type { StateRange } from '../application/state-tree/range-proof.ts'
import { findLeaf } from '../application/state-tree/tree-node.ts'
import { emptyTree, insertPaths, type PathEntry, type TreeUpdate, updateTree } from '../application/state-tree/update.ts'
import type { PageWrite } from '../application/state-tree/write-pages.ts'
import type { Hash } from '../crypto/hash.ts'
import type { Store, StoreOperation } from '../ports/store.ts'
import { assert } from '../primitives/assert.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { createPageCache } from './page-cache.ts'
import {
  decodePageNumbers,
  encodePageNumbers,
  pageKey,
  readVersions,
  replacedKey,
  type StateVersion,
  versionKey,
  versionRecord,
} from './state-records.ts'

export interface StateStore {
  /** The height of the newest committed version, −1 before genesis. */
  readonly version: number
  /** The oldest version that can still be read and proved. */
  readonly oldest: number
  /** The root of the newest version. */
  readonly root: Hash
  /** How many keys the newest version has. */
  readonly keys: number
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
  /** The entries from path `from` on, about `bytesMax` of them, with their proof: a chunk of a snapshot. */
  proveRange(from: Bytes, bytesMax: number, version?: number): StateRange
  /** Forgets the versions after `version`, which must still be kept. */
  rollback(version: number): Promise<void>
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
  /** Bound of the page cache. */
  readonly cacheBytesMax?: number
}

const versionsKeptDefault = 100
const cacheBytesDefault = 16 << 20
/** Versions dropped with one commit: one in the long run, a few more after the operator lowered `versionsKept`. */
const prunedPerCommitMax = 4
/** Pages beyond this size are written in several batches, which bounds what a large block takes in memory. */
const batchBytes = 1 << 20
/** Orphaned pages deleted at once after a rollback. */
const rollbackBatch = 10_000

const beforeGenesis: StateVersion = { version: -1, tree: emptyTree, nextPage: 0 }

export async function openStateStore(store: Store, options: StateStoreOptions = {}): Promise<StateStore> {
  const versionsKept = Math.max(2, options.versionsKept ?? versionsKeptDefault)
  const cache = createPageCache(options.cacheBytesMax ?? cacheBytesDefault)
  /** Kept versions in rising order. Replaced as a whole, so that readers see a version until it is gone from disk. */
  let versions = await readVersions(store)

  const newest = () => versions.at(-1) ?? beforeGenesis
  /** For updates: what they read they replace, so it is not worth keeping. */
  const fetchPage: ReadPage = (page) => {
    const content = cache.get(page) ?? store.get(pageKey(page))
    if (!content) throw new OperationalError('STORE_CORRUPT', `Page ${page} of the state is missing.`)
    return content
  }
  const readPage: ReadPage = (page) => {
    const cached = cache.get(page)
    if (cached) return cached
    const content = fetchPage(page)
    cache.set(page, content)
    return content
  }
  const at = (version: number | undefined): StateVersion => {
    if (version === undefined) return newest()
    const kept = versions.find((candidate) => candidate.version === version)
    if (!kept) throw new OperationalError('STATE_VERSION_PRUNED', `The state at height ${version} is not kept.`)
    return kept
  }
  const prepared = (update: TreeUpdate): PreparedState => ({ root: update.tree.root, base: newest().version, update })

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
    reader(version) {
      const { tree } = at(version)
      return {
        get(key) {
          const leaf = findLeaf(readPage, tree.ref, pathOf(key))
          return leaf && leafValue(readPage, leaf)
        },
      }
    },
    prepare: (changes) => prepared(updateTree(fetchPage, newest().tree, changes, newest().nextPage)),
    prepareGenesis: (entries) => prepared(updateTree(fetchPage, emptyTree, entries, newest().nextPage)),
    prepareEntries: (entries) => prepared(insertPaths(fetchPage, newest().tree, entries, newest().nextPage)),
    async commit({ base, update }, version, extra = []) {
      assert(base === newest().version && version > base, 'a prepared state is committed on the version it was prepared on')
      const next: StateVersion = { version, tree: update.tree, nextPage: update.nextPage }
      const remaining = [...versions, next]
      const operations: StoreOperation[] = [
        ...extra,
        versionRecord(next),
        [replacedKey(version), encodePageNumbers(update.replaced)],
      ]
      for (let pruned = 0; remaining.length > versionsKept && pruned < prunedPerCommitMax; pruned++) {
        const [gone] = remaining.splice(0, 1) as [StateVersion]
        operations.push(...pruneOperations(store, gone.version, (remaining[0] as StateVersion).version))
      }
      versions = remaining.slice(0, -1)
      operations.push(...(await writeAllButLast(store, update.pages)))
      await store.write(operations, { durable: true })
      versions = remaining
    },
    prove: (key, version) => proveKey(readPage, at(version).tree.ref, key),
    proveRange: (from, bytesMax, version) => proveRange(readPage, at(version).tree.ref, from, bytesMax),
    async rollback(version) {
      const target = at(version)
      const { nextPage } = newest()
      const dropped = versions.filter((candidate) => candidate.version > version)
      const operations = dropped.flatMap((gone): StoreOperation[] => [
        [versionKey(gone.version), undefined],
        [replacedKey(gone.version), undefined],
      ])
      await store.write(operations, { durable: true })
      versions = versions.filter((candidate) => candidate.version <= version)
      cache.clear()
      await deletePages(store, target.nextPage, nextPage)
    },
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

/** Drops a version: itself, and the pages that its successor replaced. */
function pruneOperations(store: Store, gone: number, successor: number): StoreOperation[] {
  const replaced = store.get(replacedKey(successor))
  const operations: StoreOperation[] = [
    [versionKey(gone), undefined],
    [replacedKey(successor), undefined],
  ]
  for (const page of replaced ? decodePageNumbers(replaced) : []) operations.push([pageKey(page), undefined])
  return operations
}

/** Pages of forgotten versions. A crash in between leaves some of them behind, to be overwritten: their numbers are used again. */
async function deletePages(store: Store, from: number, to: number): Promise<void> {
  for (let start = from; start < to; start += rollbackBatch) {
    const operations: StoreOperation[] = []
    for (let page = start; page < Math.min(to, start + rollbackBatch); page++) operations.push([pageKey(page), undefined])
    await store.write(operations, { durable: false })
  }
}
