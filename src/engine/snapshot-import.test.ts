import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openLevelStore } from '../adapters/level/level-store.ts'
import { genesisOf } from '../chain/genesis.ts'
import { benchSeed, benchValidators, createBenchChain } from '../cli/bench/consensus/bench-chain.ts'
import { transactionMaker } from '../cli/bench/consensus/make-transaction.ts'
import { makeChain } from '../cli/bench/sync/make-chain.ts'
import { blsVerifyBatch } from '../crypto/bls.ts'
import type { Store } from '../ports/store.ts'
import { type Bytes, bytesEqual, concatBytes } from '../primitives/bytes.ts'
import { type Chain, openChain } from './chain.ts'
import { createLightServer } from './light-server.ts'
import { createPolkaMemory } from './polka-memory.ts'
import { exportSnapshot, snapshotHead } from './snapshot-export.ts'
import { readRecords, type SnapshotRecord, writeRecords } from './snapshot-file.ts'
import { importSnapshot, type SnapshotImportOptions } from './snapshot-import.ts'

const made = createBenchChain('unsigned', Date.now() - 60_000)
const { spec, chainId, application } = made
const genesis = genesisOf(spec)
const blocks = 6
let directory: string
let source: Chain
let records: SnapshotRecord[]
let bytes: Bytes
const stores: Store[] = []

async function emptyChain(name: string, of = made): Promise<{ chain: Chain; store: Store }> {
  const store = await openLevelStore(join(directory, name))
  stores.push(store)
  const options = { ...of, genesis: genesisOf(of.spec), store, stateVersionsKept: 10 }
  return { chain: await openChain(options), store }
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'synod-snapshot-'))
  const validatorSeeds = Array.from({ length: benchValidators }, (_, index) => benchSeed('validator', index))
  const transaction = transactionMaker(made, 'unsigned')
  await makeChain({ ...made, directory: join(directory, 'made'), validatorSeeds, blocks, perBlock: 20, transaction })
  const store = await openLevelStore(join(directory, 'made', 'chain'))
  stores.push(store)
  source = await openChain({ store, spec, chainId, application, genesis, stateVersionsKept: 10 })
  const polkas = createPolkaMemory({ store, ageBlocksMax: 1, onFailure: () => undefined })
  const light = createLightServer({ chain: source, spec, application, polkas })
  const head = snapshotHead(source, blocks)
  records = await all(exportSnapshot({ chain: source, light, head, onProgress: () => undefined }))
  bytes = concatBytes(...(await all(writeRecords(records))))
})
afterAll(async () => {
  for (const store of stores) await store.close()
  await rm(directory, { recursive: true, force: true })
})

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

async function* parts(content: Bytes, size = 1000): AsyncGenerator<Bytes> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
}

let imports = 0
async function imported(content: Bytes, options: Partial<SnapshotImportOptions> = {}, of = made): Promise<Chain> {
  const { chain, store } = await emptyChain(`import-${imports++}`, of)
  await importSnapshot({
    records: readRecords(parts(content)),
    chain,
    store,
    spec: of.spec,
    periodMs: 3_600_000,
    checkBls: async (items) => blsVerifyBatch(items),
    now: Date.now,
    onProgress: () => undefined,
    ...options,
  })
  return chain
}

/** The file with one record in the place of another, its checksums being right. */
async function forged(change: (record: SnapshotRecord) => SnapshotRecord): Promise<Bytes> {
  return concatBytes(...(await all(writeRecords(records.map(change)))))
}

function flipped(content: Bytes, at: number): Bytes {
  const copy = content.slice()
  copy[at] = (copy[at] as number) ^ 1
  return copy
}

describe('a state in a file', () => {
  it('is the state a chain goes on from, proved from the genesis or from a block that is trusted', async () => {
    const tip = source.tip()
    for (const trust of [undefined, { height: blocks, hash: tip.hash }]) {
      const chain = await imported(bytes, { trust })
      expect(chain.tip()).toEqual(tip)
      expect(chain.state.root).toEqual(source.state.root)
      expect(chain.state.keys).toBe(source.state.keys)
      expect(chain.state.damagedPage()).toBeUndefined()
    }
  })

  it('is refused where it is cut off anywhere', async () => {
    for (let length = 0; length < bytes.length; length += 97) {
      await expect(all(readRecords(parts(bytes.subarray(0, length)))), `${length} bytes`).rejects.toMatchObject({
        code: 'SNAPSHOT_FILE_INVALID',
      })
    }
    await expect(imported(bytes.subarray(0, bytes.length - 1))).rejects.toMatchObject({ code: 'SNAPSHOT_FILE_INVALID' })
  })

  it('is refused where any bit of it is another', async () => {
    for (let at = 0; at < bytes.length; at += 53) {
      await expect(all(readRecords(parts(flipped(bytes, at)))), `byte ${at}`).rejects.toMatchObject({
        code: 'SNAPSHOT_FILE_INVALID',
      })
    }
  })

  it('is refused where a part is forged, whatever the checksums say', async () => {
    for (const kind of ['head', 'light-block', 'block', 'range'] as const) {
      const content = await forged((record) => (record.kind === kind ? { kind, payload: flipped(record.payload, 60) } : record))
      await expect(imported(content), kind).rejects.toMatchObject({ code: 'SNAPSHOT_FILE_INVALID' })
    }
    const without = records.filter(({ kind }) => kind !== 'range')
    const short = concatBytes(...(await all(writeRecords(without))))
    await expect(imported(short)).rejects.toMatchObject({ code: 'SNAPSHOT_FILE_INVALID' })
  })

  it('is refused where it is of another chain, or proves another block than the one that is trusted', async () => {
    const other = createBenchChain('unsigned', Date.now() - 61_000)
    expect(bytesEqual(other.chainId, chainId)).toBe(false)
    await expect(imported(bytes, {}, other)).rejects.toMatchObject({
      code: 'SNAPSHOT_FILE_INVALID',
      message: expect.stringContaining('of the chain'),
    })
    const trust = { height: blocks, hash: new Uint8Array(32) }
    await expect(imported(bytes, { trust })).rejects.toMatchObject({ message: expect.stringContaining('LIGHT_ROOT_WRONG') })
    const late = { now: () => Date.now() + 7_200_000 }
    await expect(imported(bytes, late)).rejects.toMatchObject({ message: expect.stringContaining('LIGHT_TRUST_EXPIRED') })
  })

  it('is refused where its root matches and the parameters it was made by do not', async () => {
    const foreign = { ...spec, limits: { ...spec.limits, transaction_bytes_max: spec.limits.transaction_bytes_max - 1 } }
    await expect(imported(bytes, { spec: foreign })).rejects.toMatchObject({ code: 'SNAPSHOT_FOREIGN_PARAMETERS' })
  })
})
