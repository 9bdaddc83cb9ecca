import { transactionResultSchema } from '../application/application.ts'
import { blockSchema, transactionId } from '../chain/block.ts'
import { commitSchema } from '../chain/certificate.ts'
import { headerSchema } from '../chain/header.ts'
import { blockTransactionsMax } from '../chain/limits.ts'
import { decode, encode } from '../codec/codec.ts'
import { bytes, type Infer, list, sizeMax, struct, uint } from '../codec/schema.ts'
import type { Hash } from '../crypto/hash.ts'
import type { Store, StoreOperation } from '../ports/store.ts'
import { type Bytes, concatBytes } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { decodeOwn } from './system-state.ts'

/** A final block as it lies on disk: what was decided, by whom, and what came of it. */
const finalBlockSchema = struct('FinalBlock', {
  block: blockSchema,
  commit: commitSchema,
  /** Each encoded by itself, as it is a leaf of the results root. */
  results: list(bytes({ max: sizeMax(transactionResultSchema) }), { max: blockTransactionsMax }),
})
export type FinalBlock = Infer<typeof finalBlockSchema>

const locationSchema = struct('Location', { height: uint(), index: uint() })
export type TransactionLocation = Infer<typeof locationSchema>

/** A header by itself: a peer that asks for hundreds of them must not make this node read as many blocks. */
const finalHeaderSchema = struct('FinalHeader', { header: headerSchema, commit: commitSchema })
export type FinalHeader = Infer<typeof finalHeaderSchema>

/** Prefixes of this room's keys in the node's store; the state tree has its own. */
const blockPrefix = 0x62
const headerPrefix = 0x68
const locationPrefix = 0x74
/** Where the height of the oldest kept block stands; without it all are kept, from the first on. */
const oldestKey = Uint8Array.of(0x6f)
/** Blocks dropped with one commit: one in the long run, a few more after the operator lowered `retained`. */
const prunedPerCommitMax = 4
/** Keys deleted at once. */
const forgottenAtOnce = 10_000

export interface BlockStore {
  read(height: number): FinalBlock | undefined
  /** The header of a stored block, and its commit. */
  header(height: number): FinalHeader | undefined
  locate(id: Hash): TransactionLocation | undefined
  /** The newest stored height, 0 when there is none. */
  newest(): Promise<number>
  /** The oldest height whose block is kept. */
  readonly oldest: number
  /** What must be written, together with the state of the same height, to store a block, and to drop those that are over age. */
  operations(final: FinalBlock, ids: readonly Hash[]): readonly StoreOperation[]
  /** What must be written, with a state that was fetched and not computed, to begin with this block. */
  beginning(final: FinalBlock): readonly StoreOperation[]
  /** Forgets the blocks after `height`, the newest first. */
  rollback(height: number): Promise<void>
  /** Forgets the blocks of these heights. */
  forget(first: number, last: number): Promise<void>
}

export interface BlockStoreOptions {
  /** How many of the newest blocks stay; all of them unless given. */
  readonly retained?: number | undefined
}

export function openBlockStore(store: Store, options: BlockStoreOptions = {}): BlockStore {
  const { retained = Number.POSITIVE_INFINITY } = options
  let oldest = readOldest(store)

  function read(height: number): FinalBlock | undefined {
    const encoded = store.get(blockKey(height))
    if (!encoded) return undefined
    const decoded = decode(finalBlockSchema, encoded)
    if (decoded.ok) return decoded.value
    throw new OperationalError('STORE_CORRUPT', `The block of height ${height} is damaged: ${decoded.error.detail}`)
  }

  async function newest(): Promise<number> {
    const query = { from: Uint8Array.of(blockPrefix), to: Uint8Array.of(blockPrefix + 1), limit: 1, reverse: true }
    const [entry] = await store.range(query)
    return entry ? heightOf(entry[0]) : 0
  }

  function dropped(height: number): StoreOperation[] {
    return [
      [blockKey(height), undefined],
      [headerKey(height), undefined],
      ...locationsOf(height).map((key): StoreOperation => [key, undefined]),
    ]
  }

  /** Of a damaged block they are not known, and stay: what goes must not keep the node from going on. */
  function locationsOf(height: number): readonly Bytes[] {
    try {
      return read(height)?.block.transactions.map((encoded) => locationKey(transactionId(encoded))) ?? []
    } catch (error) {
      if (error instanceof OperationalError && error.code === 'STORE_CORRUPT') return []
      throw error
    }
  }

  function pruned(newest: number): StoreOperation[] {
    const end = Math.min(newest - retained + 1, oldest + prunedPerCommitMax)
    if (oldest >= end) return []
    const operations: StoreOperation[] = []
    for (; oldest < end; oldest++) operations.push(...dropped(oldest))
    return [...operations, oldestRecord(oldest)]
  }

  /** The newest first: interrupted, it leaves no gap. */
  async function forget(first: number, last: number): Promise<void> {
    let operations: StoreOperation[] = []
    for (let height = last; height >= first; height--) {
      operations.push(...dropped(height))
      if (operations.length < forgottenAtOnce && height > first) continue
      await store.write(operations, { durable: true })
      operations = []
    }
  }

  return {
    read,
    header(height) {
      const encoded = store.get(headerKey(height))
      return encoded ? decodeOwn(finalHeaderSchema, encoded) : headerOf(read(height))
    },
    locate(id) {
      const encoded = store.get(locationKey(id))
      return encoded && decodeOwn(locationSchema, encoded)
    },
    newest,
    get oldest() {
      return oldest
    },
    operations(final, ids) {
      return [...stored(final, ids), ...pruned(final.block.header.height)]
    },
    beginning(final) {
      oldest = final.block.header.height
      return [...stored(final), oldestRecord(oldest)]
    },
    async rollback(height) {
      await forget(height + 1, await newest())
    },
    forget,
  }
}

function stored(final: FinalBlock, ids: readonly Hash[] = final.block.transactions.map(transactionId)): StoreOperation[] {
  const { block, commit } = final
  const { height } = block.header
  const operations: StoreOperation[] = [
    [blockKey(height), encode(finalBlockSchema, final)],
    [headerKey(height), encode(finalHeaderSchema, { header: block.header, commit })],
  ]
  for (const [index, id] of ids.entries()) operations.push([locationKey(id), encode(locationSchema, { height, index })])
  return operations
}

/** The keys of the blocks below `height`, for giving back their space. */
export function blockKeysBelow(height: number): readonly [from: Bytes, to: Bytes] {
  return [Uint8Array.of(blockPrefix), blockKey(height)]
}

function readOldest(store: Store): number {
  const encoded = store.get(oldestKey)
  return encoded ? decodeOwn(uint(), encoded) : 1
}

function oldestRecord(height: number): StoreOperation {
  return [oldestKey, encode(uint(), height)]
}

/** Blocks that were stored before headers had a place of their own. */
function headerOf(final: FinalBlock | undefined): FinalHeader | undefined {
  return final && { header: final.block.header, commit: final.commit }
}

function blockKey(height: number): Bytes {
  return heightKey(blockPrefix, height)
}

function headerKey(height: number): Bytes {
  return heightKey(headerPrefix, height)
}

function heightKey(prefix: number, height: number): Bytes {
  const key = new Uint8Array(9)
  key[0] = prefix
  new DataView(key.buffer).setBigUint64(1, BigInt(height))
  return key
}

function heightOf(key: Bytes): number {
  return Number(new DataView(key.buffer, key.byteOffset).getBigUint64(1))
}

function locationKey(id: Hash): Bytes {
  return concatBytes(Uint8Array.of(locationPrefix), id)
}
