import { type Certificate, certificateSchema } from '../chain/certificate.ts'
import { encode } from '../codec/codec.ts'
import { list } from '../codec/schema.ts'
import type { Store, StoreOperation } from '../ports/store.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { decodeOwn } from './system-state.ts'

/**
 * Certificates of prevotes for blocks, kept after their height is over: they tell who broke a lock, should the height turn out to have
 * two certified blocks. Of heights that took more than one round they are on disk as long as misbehaviour is punished; of the others,
 * where they matter only beside a second polka of the same round, the latest are remembered.
 */
export interface PolkaMemory {
  /** Consensus has decided a height in this round. */
  decided(height: number, round: number, polkas: () => readonly Certificate[]): void
  at(height: number): Promise<readonly Certificate[]>
  /** Resolves when nothing is being written any more. */
  stop(): Promise<void>
}

const rememberedMax = 16
/** A height that took more rounds than this has its first polkas kept. */
const keptMax = 64
const polkasSchema = list(certificateSchema, { max: keptMax })
const prefix = 0x70
/** Records removed for each that is written: more than come. */
const removedAtOnce = 16

export function createPolkaMemory(options: {
  store: Store
  ageBlocksMax: number
  onFailure: (error: unknown) => void
}): PolkaMemory {
  const { store, ageBlocksMax } = options
  const remembered = createBoundedMap<number, () => readonly Certificate[]>(rememberedMax)
  let writing: Promise<void> = Promise.resolve()

  async function write(height: number, polkas: readonly Certificate[]): Promise<void> {
    const expired = { from: keyOf(0), to: keyOf(Math.max(0, height - ageBlocksMax)), limit: removedAtOnce }
    const operations: StoreOperation[] = (await store.range(expired)).map(([key]) => [key, undefined])
    await store.write([...operations, [keyOf(height), encode(polkasSchema, polkas.slice(0, keptMax))]], { durable: false })
  }

  return {
    decided(height, round, polkas) {
      remembered.set(height, polkas)
      if (round === 0) return
      const kept = polkas()
      writing = writing.then(() => write(height, kept)).catch(options.onFailure)
    },
    async at(height) {
      const fresh = remembered.peek(height)
      if (fresh) return fresh()
      const encoded = store.get(keyOf(height))
      return encoded ? decodeOwn(polkasSchema, encoded) : []
    },
    stop: () => writing,
  }
}

function keyOf(height: number): Bytes {
  const key = new Uint8Array(9)
  key[0] = prefix
  new DataView(key.buffer).setBigUint64(1, BigInt(height))
  return key
}
