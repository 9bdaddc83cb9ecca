import { transactionResultSchema } from '../application/application.ts'
import { blockSchema } from '../chain/block.ts'
import { commitSchema } from '../chain/certificate.ts'
import { blockTransactionsMax } from '../chain/limits.ts'
import { encode } from '../codec/codec.ts'
import { bytes, type Infer, list, sizeMax, struct, uint } from '../codec/schema.ts'
import type { Hash } from '../crypto/hash.ts'
import type { Store, StoreOperation } from '../ports/store.ts'
import { type Bytes, concatBytes } from '../primitives/bytes.ts'
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

/** Prefixes of this room's keys in the node's store; the state tree has its own. */
const blockPrefix = 0x62
const locationPrefix = 0x74

export interface BlockStore {
  read(height: number): FinalBlock | undefined
  locate(id: Hash): TransactionLocation | undefined
  /** The newest stored height, 0 when there is none. */
  newest(): Promise<number>
  /** What must be written, together with the state of the same height, to store a block. */
  operations(final: FinalBlock, ids: readonly Hash[]): readonly StoreOperation[]
}

export function openBlockStore(store: Store): BlockStore {
  return {
    read(height) {
      const encoded = store.get(blockKey(height))
      return encoded && decodeOwn(finalBlockSchema, encoded)
    },
    locate(id) {
      const encoded = store.get(locationKey(id))
      return encoded && decodeOwn(locationSchema, encoded)
    },
    async newest() {
      const query = { from: Uint8Array.of(blockPrefix), to: Uint8Array.of(blockPrefix + 1), limit: 1, reverse: true }
      const [entry] = await store.range(query)
      return entry ? heightOf(entry[0]) : 0
    },
    operations(final, ids) {
      const { height } = final.block.header
      const operations: StoreOperation[] = [[blockKey(height), encode(finalBlockSchema, final)]]
      for (const [index, id] of ids.entries()) operations.push([locationKey(id), encode(locationSchema, { height, index })])
      return operations
    },
  }
}

function blockKey(height: number): Bytes {
  const key = new Uint8Array(9)
  key[0] = blockPrefix
  new DataView(key.buffer).setBigUint64(1, BigInt(height))
  return key
}

function heightOf(key: Bytes): number {
  return Number(new DataView(key.buffer, key.byteOffset).getBigUint64(1))
}

function locationKey(id: Hash): Bytes {
  return concatBytes(Uint8Array.of(locationPrefix), id)
}
