/**
 * Which pages may go when a version of the state does. Pages are numbered as they are written, so whatever a version uses is below its
 * next number: a page that a later version replaced is still needed by an earlier one exactly when its number is below the next number
 * of that one. So versions may be dropped in any order, and an old one kept while those after it go.
 */
import { encode } from '../codec/codec.ts'
import { type Infer, struct, uint } from '../codec/schema.ts'
import type { Store, StoreOperation } from '../ports/store.ts'
import {
  decodePageNumbers,
  encodePageNumbers,
  pageKey,
  releaseKey,
  replacedKey,
  type StateVersion,
  versionKey,
} from './state-records.ts'
import { decodeOwn } from './system-state.ts'

/** Drops the version at `index`: itself, and the pages that later ones replaced and no earlier one needs. */
export function dropOperations(store: Store, versions: readonly StateVersion[], index: number): StoreOperation[] {
  const gone = versions[index] as StateVersion
  const successor = versions[index + 1] as StateVersion
  const operations: StoreOperation[] = [[versionKey(gone.version), undefined]]
  const neededBelow = versions[index - 1]?.nextPage ?? 0
  for (let height = gone.version + 1; height <= successor.version; height++) {
    operations.push(...releaseOperations(store, height, neededBelow))
  }
  return operations
}

/** Deletes what the version of this height replaced, but for the pages that are still needed: those below a number. */
function releaseOperations(store: Store, height: number, neededBelow: number): StoreOperation[] {
  const key = replacedKey(height)
  const record = store.get(key)
  if (!record) return []
  const pages = decodePageNumbers(record)
  const needed = pages.filter((page) => page < neededBelow)
  const operations: StoreOperation[] = [[key, needed.length > 0 ? encodePageNumbers(needed) : undefined]]
  for (const page of pages) if (page >= neededBelow) operations.push([pageKey(page), undefined])
  return operations
}

/**
 * What is left to do of a pinned version that was let go: its successor may be thousands of heights later, and each of them has a list
 * of pages to go through.
 */
const releaseSchema = struct('Release', { from: uint(), to: uint(), neededBelow: uint() })
type Release = Infer<typeof releaseSchema>

/** Lets the version at `index` go, with a note of the pages that are still to be deleted. */
export function releaseBeginning(versions: readonly StateVersion[], index: number): readonly StoreOperation[] {
  const gone = versions[index] as StateVersion
  const to = (versions[index + 1] as StateVersion).version
  const release: Release = { from: gone.version + 1, to, neededBelow: versions[index - 1]?.nextPage ?? 0 }
  return [
    [versionKey(gone.version), undefined],
    [releaseKey, encode(releaseSchema, release)],
  ]
}

/** Does what a note says, a little at a time; nothing when there is none. May be interrupted and done again. */
export async function finishRelease(store: Store): Promise<void> {
  const release = readRelease(store)
  if (!release) return
  for (let from = release.from; from <= release.to; from += releasedAtOnce) {
    const operations: StoreOperation[] = []
    for (let height = from; height <= Math.min(release.to, from + releasedAtOnce - 1); height++) {
      operations.push(...releaseOperations(store, height, release.neededBelow))
    }
    await store.write(operations, { durable: false })
  }
  await store.write([[releaseKey, undefined]], { durable: true })
}

/** The note without the heights after `last`, whose lists are to be those of other versions. */
function clippedRelease(store: Store, last: number): readonly StoreOperation[] {
  const release = readRelease(store)
  if (!release || release.to <= last) return []
  return [[releaseKey, encode(releaseSchema, { ...release, to: last })]]
}

function readRelease(store: Store): Release | undefined {
  const note = store.get(releaseKey)
  return note && decodeOwn(releaseSchema, note)
}

/** Heights gone through at once. */
const releasedAtOnce = 16

/** Forgets all versions after a height, up to the newest. */
export function forgetOperations(store: Store, after: number, newest: number): StoreOperation[] {
  const operations: StoreOperation[] = [...clippedRelease(store, after)]
  for (let height = after + 1; height <= newest; height++) {
    operations.push([versionKey(height), undefined], [replacedKey(height), undefined])
  }
  return operations
}

/** Pages by their numbers. */
export async function deletePages(store: Store, from: number, to: number): Promise<void> {
  for (let start = from; start < to; start += pagesAtOnce) {
    const operations: StoreOperation[] = []
    for (let page = start; page < Math.min(to, start + pagesAtOnce); page++) operations.push([pageKey(page), undefined])
    await store.write(operations, { durable: false })
  }
}

const pagesAtOnce = 10_000
