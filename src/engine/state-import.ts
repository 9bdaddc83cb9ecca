/**
 * A state that is being fetched, chunk by chunk, beside the one that the node has: its pages have numbers above all others, and a note
 * says how far it has come. Interrupted anywhere, it goes on where the note says. Nothing else may write the state meanwhile.
 */
import { type ReadPage, refAt, refBytes } from '../application/state-tree/page.ts'
import { emptyTree, insertPaths, type PathEntry, type Tree } from '../application/state-tree/update.ts'
import { decode, encode } from '../codec/codec.ts'
import { bytes, list, optional, struct, uint } from '../codec/schema.ts'
import { type Hash, hashBytes } from '../crypto/hash.ts'
import type { Store, StoreOperation } from '../ports/store.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { importKey, pageKey, type StateVersion } from './state-records.ts'
import { deletePages } from './state-versions.ts'

const chunksMax = 4096

const importSchema = struct('StateImport', {
  height: uint(),
  root: bytes({ length: hashBytes }),
  depth: uint({ max: 12 }),
  /** The chunks that are there, in rising order. */
  chunks: list(uint({ max: chunksMax - 1 }), { max: chunksMax }),
  /** Of what is there. */
  tree: struct('ImportedTree', {
    root: bytes({ length: hashBytes }),
    ref: optional(bytes({ length: refBytes })),
    leaves: uint(),
  }),
  firstPage: uint(),
  nextPage: uint(),
})

export interface ImportTarget {
  readonly height: number
  readonly root: Hash
  /** The state comes in 2^depth chunks. */
  readonly depth: number
}

export interface StateImport extends ImportTarget {
  has(chunk: number): boolean
  /** How many chunks are there. */
  readonly done: number
  /** Puts entries of a chunk in, with the last of them the chunk is there. Resolves when they are durable; one at a time. */
  add(chunk: number, entries: readonly PathEntry[], last: boolean): Promise<void>
  /** What there is, to take the place of the node's state once it is complete. */
  fetched(): StateVersion
  /** What must be written when it takes that place, or is given up. */
  readonly ending: readonly StoreOperation[]
  /** Pages that nobody needs any more, once it is in place: those of the state before. */
  dropBefore(): Promise<void>
}

/** The import that was under way when the node stopped. */
export function resumeImport(store: Store): StateImport | undefined {
  const note = store.get(importKey)
  const decoded = note && decode(importSchema, note)
  if (!decoded) return undefined
  if (!decoded.ok) throw new OperationalError('STORE_CORRUPT', 'The note on the state being fetched is damaged.')
  const { height, root, depth, chunks, tree, firstPage, nextPage } = decoded.value
  const reached: Tree = { root: tree.root, ref: tree.ref && refAt(tree.ref, 0), leaves: tree.leaves }
  return importFrom(store, { height, root, depth }, { chunks: new Set(chunks), tree: reached, firstPage, nextPage })
}

/** @param firstPage the number that the next new page of the node's own state would get. */
export function beginImport(store: Store, target: ImportTarget, firstPage: number): StateImport {
  return importFrom(store, target, { chunks: new Set(), tree: emptyTree, firstPage, nextPage: firstPage })
}

/** Forgets an import and its pages. */
export async function dropImport(store: Store): Promise<void> {
  const note = store.get(importKey)
  const decoded = note && decode(importSchema, note)
  if (!note) return
  await store.write([[importKey, undefined]], { durable: true })
  if (decoded?.ok) await deletePages(store, decoded.value.firstPage, decoded.value.nextPage)
}

interface Progress {
  readonly chunks: Set<number>
  readonly firstPage: number
  tree: Tree
  nextPage: number
}

function importFrom(store: Store, target: ImportTarget, progress: Progress): StateImport {
  const readPage: ReadPage = (page) => {
    const content = store.get(pageKey(page))
    if (!content) throw new OperationalError('STORE_CORRUPT', `Page ${page} of the state being fetched is missing.`)
    return content
  }

  return {
    ...target,
    has: (chunk) => progress.chunks.has(chunk),
    get done() {
      return progress.chunks.size
    },
    async add(chunk, entries, last) {
      const update = insertPaths(readPage, progress.tree, entries, progress.nextPage)
      const operations: StoreOperation[] = update.pages.map(([page, content]) => [pageKey(page), content])
      for (const page of update.replaced) operations.push([pageKey(page), undefined])
      progress.tree = update.tree
      progress.nextPage = update.nextPage
      if (last) progress.chunks.add(chunk)
      await store.write([...operations, [importKey, noteOf(target, progress)]], { durable: true })
    },
    fetched: () => ({ version: target.height, tree: progress.tree, nextPage: progress.nextPage }),
    ending: [[importKey, undefined]],
    dropBefore: () => deletePages(store, 0, progress.firstPage),
  }
}

function noteOf(target: ImportTarget, { chunks, tree, firstPage, nextPage }: Progress): Uint8Array {
  const { root, ref, leaves } = tree
  return encode(importSchema, {
    ...target,
    chunks: [...chunks].sort((left, right) => left - right),
    tree: { root, ref: ref?.bytes.slice(ref.at, ref.at + refBytes), leaves },
    firstPage,
    nextPage,
  })
}
