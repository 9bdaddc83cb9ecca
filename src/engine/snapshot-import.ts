import { stateRangeSchema } from '../application/state-tree/range-proof.ts'
import type { ChainSpec } from '../chain/chain-spec.ts'
import { genesisOf } from '../chain/genesis.ts'
import { validatorSet } from '../chain/validator-set.ts'
import type { SignatureCheck } from '../crypto/verified.ts'
import { type ConsistentBlock, type LightBlock, lightBlockSchema } from '../light/light-block.ts'
import { createLightClient, trustRoot } from '../light/light-client.ts'
import type { LightProvider } from '../light/provider.ts'
import { genesisTrust, oneThird, type TrustRules } from '../light/trust.ts'
import { createTrustStore } from '../light/trust-store.ts'
import type { Store } from '../ports/store.ts'
import { type Bytes, bytesEqual, toHex } from '../primitives/bytes.ts'
import type { OperationalError } from '../primitives/operational-error.ts'
import { ok, reject } from '../primitives/result.ts'
import { chunkBounds } from '../sync/path-division.ts'
import type { FinalBlock } from './block-store.ts'
import type { Chain } from './chain.ts'
import { checkRange, readSnapshotBlock } from './snapshot-client.ts'
import { invalid, readRecord, type SnapshotHead, type SnapshotRecord, snapshotHeadSchema } from './snapshot-file.ts'
import { beginImport, type StateImport } from './state-import.ts'
import { requireOwnParameters } from './state-sync.ts'

export interface SnapshotImportOptions {
  readonly records: AsyncIterable<SnapshotRecord>
  /** A chain that has nothing but its genesis, and its store. What is in them after a failure is of no use. */
  readonly chain: Chain
  readonly store: Store
  readonly spec: ChainSpec
  /** A block by height and hash; the genesis unless given. */
  readonly trust?: { readonly height: number; readonly hash: Bytes } | undefined
  /** How long a block convinces of later ones. */
  readonly periodMs: number
  readonly checkBls: SignatureCheck
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number
  readonly onProgress: (done: number, all: number) => void
}

/** How far the clocks of proposers and of this machine may stand apart. */
const clockDriftMs = 10_000

/**
 * Begins a chain with the state in a file. The header is proved by the light client's rules from what is trusted, and each part against
 * it, as if a peer had sent them. Throws SNAPSHOT_FILE_INVALID, SNAPSHOT_FOREIGN_PARAMETERS.
 */
export async function importSnapshot(options: SnapshotImportOptions): Promise<SnapshotHead> {
  const { chain, store } = options
  const records = cursorOf(options.records)
  const head = readRecord(snapshotHeadSchema, await records.take('head'))
  if (!bytesEqual(head.chainId, chain.chainId)) {
    throw invalid(`The file is of the chain ${toHex(head.chainId)}, this node of ${toHex(chain.chainId)}.`)
  }
  const lightBlocks = new Map<number, LightBlock>()
  for (const record of await records.takeAll('light-block')) {
    const lightBlock = readRecord(lightBlockSchema, record)
    lightBlocks.set(lightBlock.header.height, lightBlock)
  }
  const trusted = await proved(options, head, lightBlocks)
  requireOwnParameters(options.spec, trusted)
  const final = await readBlock(records, trusted)
  const target = beginImport(
    store,
    { height: head.height, root: trusted.header.appHash, depth: head.depth },
    chain.state.nextPage,
  )
  await readChunks(records, target, options.onProgress)
  await records.take('end')
  await records.finish()
  await chain.adopt(final, target.fetched(), target.ending)
  await target.dropBefore()
  return head
}

/** The block of the file's height, once it is known to be the chain's. */
async function proved(
  { spec, chain, trust, checkBls, now, periodMs }: SnapshotImportOptions,
  { height, hash, root: stateRoot }: SnapshotHead,
  lightBlocks: ReadonlyMap<number, LightBlock>,
): Promise<ConsistentBlock> {
  const { chainId } = chain
  const rules: TrustRules = { chainId, level: oneThird, periodMs, clockDriftMs }
  const file = fileProvider(lightBlocks)
  const { time, validators } = genesisOf(spec)
  const root = trust
    ? await trustRoot([file], rules, trust)
    : ok(genesisTrust({ chainId, time, validators: validatorSet(validators) }))
  if (!root.ok) throw unproved(`the trusted block of height ${trust?.height}: ${root.error.code}`, lightBlocks)
  const store = createTrustStore(lightBlocks.size + 2)
  store.add(root.value)
  const found = await createLightClient({ rules, store, providers: [file], checkBls, now }).verified(height)
  if (!found.ok) throw unproved(`its block: ${found.error.code}`, lightBlocks)
  if (!bytesEqual(found.value.hash, hash) || !bytesEqual(found.value.header.appHash, stateRoot)) {
    throw invalid('The file names another block or state than the one it proves.')
  }
  return found.value
}

function unproved(what: string, lightBlocks: ReadonlyMap<number, LightBlock>): OperationalError {
  const heights = [...lightBlocks.keys()].slice(-8).join(', ')
  return invalid(`The file does not prove ${what}. It can be proved from a block that you trust of height ${heights}.`)
}

function fileProvider(lightBlocks: ReadonlyMap<number, LightBlock>): LightProvider {
  return {
    name: 'the file',
    async lightBlock(height) {
      const held = height === 'latest' ? [...lightBlocks.values()].at(-1) : lightBlocks.get(height)
      return held ? ok(held) : reject('LIGHT_NOT_HELD', `height ${height}`)
    },
    changes: async (height) => [...lightBlocks.keys()].filter((held) => held > height),
  }
}

async function readBlock(records: RecordCursor, trusted: ConsistentBlock): Promise<FinalBlock> {
  const parts = [await records.take('block'), ...(await records.takeAll('results'))]
  const final = readSnapshotBlock(
    parts.map(({ payload }) => payload),
    trusted,
  )
  if (!final.ok) throw invalid(`The file holds another block than the one it proves: ${final.error.detail}.`)
  return final.value
}

/** Every chunk in turn, each range beginning where the one before it ended. */
async function readChunks(
  records: RecordCursor,
  target: StateImport,
  onProgress: (done: number, all: number) => void,
): Promise<void> {
  const all = 2 ** target.depth
  for (let chunk = 0; chunk < all; chunk++) {
    const { until, ...bounds } = chunkBounds(target.depth, chunk)
    for (let from: Bytes | undefined = bounds.from; from; ) {
      const range = readRecord(stateRangeSchema, await records.take('range'))
      const checked = checkRange(range, { height: target.height, root: target.root, from, until })
      if (!checked.ok) throw invalid(`Chunk ${chunk} of ${all} is not of the state that its block names.`)
      const { entries, to } = range
      const last = to === undefined || (until !== undefined && bytesEqual(to, until))
      await target.add(chunk, entries, last)
      from = last ? undefined : to
    }
    onProgress(chunk + 1, all)
  }
}

interface RecordCursor {
  /** The next record, which must be of this kind. */
  take(kind: SnapshotRecord['kind']): Promise<SnapshotRecord>
  /** The next records, as far as they are of this kind. */
  takeAll(kind: SnapshotRecord['kind']): Promise<readonly SnapshotRecord[]>
  /** Nothing may follow. */
  finish(): Promise<void>
}

/** More of one kind in a row is no file that was ever written. */
const takenMax = 4_096

function cursorOf(records: AsyncIterable<SnapshotRecord>): RecordCursor {
  const iterator = records[Symbol.asyncIterator]()
  let ahead: SnapshotRecord | undefined
  async function next(): Promise<SnapshotRecord | undefined> {
    const record = ahead
    ahead = undefined
    return record ?? (await iterator.next()).value
  }
  return {
    async take(kind) {
      const record = await next()
      if (record?.kind === kind) return record
      throw invalid(`The file has a record ${record?.kind ?? 'less'} where ${kind} belongs.`)
    },
    async takeAll(kind) {
      const taken: SnapshotRecord[] = []
      for (;;) {
        const record = await next()
        if (record?.kind !== kind || taken.length === takenMax) {
          ahead = record
          return taken
        }
        taken.push(record)
      }
    },
    async finish() {
      if (await next()) throw invalid('Something follows the end of the file.')
    },
  }
}
