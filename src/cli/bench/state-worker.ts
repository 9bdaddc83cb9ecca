/** The process that holds the state under measurement: `state-worker <build|measure> <directory> <keys>`. Reports to its parent. */
import process from 'node:process'
import { openLevelStore } from '../../adapters/level/level-store.ts'
import { limitYoungGeneration } from '../../adapters/system/limit-young-generation.ts'
import type { StateChange } from '../../application/state.ts'
import { pathOf } from '../../application/state-tree/node-hash.ts'
import { openStateStore, type PreparedState, type StateStore } from '../../engine/state-store.ts'
import type { Store, StoreOperation } from '../../ports/store.ts'
import { assert } from '../../primitives/assert.ts'
import type { Bytes } from '../../primitives/bytes.ts'

export interface StateReport {
  readonly updateSeconds: number
  /** The same pages in one durable batch of the same store, without reading, hashing or deleting anything. */
  readonly rawWriteSeconds: number
  readonly restartMs: number
  readonly readsPerSecond: number
  readonly proofsPerSecond: number
  /** Most memory the measuring process ever had, and what it had when the store was open. */
  readonly rssMbPeak: number
  readonly rssMbOpened: number
}

const updatesPerBlock = 20_000
const blocks = 7
const reads = 50_000
const proofs = 5_000
const loadBatch = 50_000
const keyBytes = 21
const valueBytes = 60

/** Keys go in by the order of their paths, so that each page is written about once. */
async function build(store: Store, keys: number): Promise<void> {
  const state = await openStateStore(store, { versionsKept: 1 })
  const firstByte = new Uint8Array(keys)
  for (let index = 0; index < keys; index++) firstByte[index] = pathOf(keyOf(index))[0] as number
  const random = xorshift(1)
  let batch: StateChange[] = []
  const flush = async () => {
    await state.commit(state.prepare(batch), state.version + 1)
    batch = []
  }
  for (let byte = 0; byte < 256; byte++) {
    for (let index = 0; index < keys; index++) {
      if (firstByte[index] !== byte) continue
      batch.push([keyOf(index), randomValue(random)])
      if (batch.length === loadBatch) await flush()
    }
    if (byte % 32 === 31) process.stderr.write(`state bench: ${state.keys} of ${keys} keys loaded\n`)
  }
  await flush()
  assert(state.keys === keys)
}

async function measure(store: Store, restartMs: number, state: StateStore, keys: number): Promise<StateReport> {
  const rssMbOpened = process.memoryUsage().rss / 1e6
  const random = xorshift(2)
  const updateSeconds: number[] = []
  let pages: PreparedState['update']['pages'] = []
  for (let block = 0; block < blocks; block++) {
    const changes = randomChanges(random, keys)
    const before = performance.now()
    const prepared = state.prepare(changes)
    await state.commit(prepared, state.version + 1)
    updateSeconds.push((performance.now() - before) / 1000)
    pages = prepared.update.pages
  }
  const reader = state.reader()
  const secondsOfReads = timed(reads, () => assert(reader.get(keyOf(random() % keys))))
  const secondsOfProofs = timed(proofs, () => state.prove(keyOf(random() % keys)))
  const rssMbPeak = (process.resourceUsage().maxRSS * 1024) / 1e6
  const rawWriteSeconds: number[] = []
  for (let block = 0; block < blocks; block++) rawWriteSeconds.push(await writeRaw(store, pages, block))
  return {
    updateSeconds: median(updateSeconds),
    rawWriteSeconds: median(rawWriteSeconds),
    restartMs,
    readsPerSecond: reads / secondsOfReads,
    proofsPerSecond: proofs / secondsOfProofs,
    rssMbPeak,
    rssMbOpened,
  }
}

function randomChanges(random: () => number, keys: number): StateChange[] {
  const chosen = new Set<number>()
  while (chosen.size < Math.min(updatesPerBlock, keys)) chosen.add(random() % keys)
  return [...chosen].map((index) => [keyOf(index), randomValue(random)])
}

/** The limit: what the database itself needs for the pages of a block, under new keys of the same length. */
async function writeRaw(store: Store, pages: PreparedState['update']['pages'], block: number): Promise<number> {
  const operations = pages.map(([page, content]): StoreOperation => {
    const key = new Uint8Array(8)
    new DataView(key.buffer).setFloat64(0, page + block / blocks)
    return [key, content]
  })
  const before = performance.now()
  await store.write(operations, { durable: true })
  return (performance.now() - before) / 1000
}

function timed(count: number, work: () => void): number {
  const before = performance.now()
  for (let index = 0; index < count; index++) work()
  return (performance.now() - before) / 1000
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[values.length >> 1] as number
}

function keyOf(index: number): Bytes {
  const key = new Uint8Array(keyBytes)
  key[0] = 1
  new DataView(key.buffer).setUint32(keyBytes - 4, index)
  return key
}

function randomValue(random: () => number): Bytes {
  const value = new Uint8Array(valueBytes)
  const view = new DataView(value.buffer)
  for (let offset = 0; offset < valueBytes; offset += 4) view.setUint32(offset, random())
  return value
}

function xorshift(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

limitYoungGeneration()
const [, , task, directory, count] = process.argv
const started = performance.now()
const store = await openLevelStore(directory as string)
if (task === 'build') await build(store, Number(count))
else {
  const state = await openStateStore(store)
  process.send?.(await measure(store, performance.now() - started, state, Number(count)))
}
await store.close()
