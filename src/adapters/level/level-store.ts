import { ClassicLevel } from 'classic-level'
import type { RangeQuery, Store, StoreEntry, StoreOperation } from '../../ports/store.ts'
import { type Bytes, toHex } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { onLevel, operational } from './level-error.ts'
import { checkedValue, withChecksum } from './value-checksum.ts'

export interface LevelOptions {
  /** Uncompressed blocks kept in memory. */
  readonly cacheBytes?: number
  /** Size of the log and its image in memory before it becomes a table; up to two of them are held. */
  readonly writeBufferBytes?: number
  /** What errors call the store; its location unless given. */
  readonly where?: string
}

const cacheBytesDefault = 8 << 20
const writeBufferBytesDefault = 4 << 20
/**
 * LevelDB maps the tables it has open into memory, and what is read of them counts as resident: their size times their number is the
 * bound. 64 open tables (and ten other files) are the fewest it accepts; tables of 2 MiB are its own default.
 */
const tableBytes = 2 << 20
const openFilesMax = 74

/**
 * `Store` over LevelDB in the directory `location`, created when absent. LevelDB reads its tables without looking at its own checksums,
 * so each value carries one of ours: a damaged one is never read as a good one. Throws `OperationalError` DATA_DIR_LOCKED when another process
 * has it open, STORE_CORRUPT, DISK_FULL or DISK_FAILED; LevelDB refuses every write after one that failed.
 */
export async function openLevelStore(location: string, options: LevelOptions = {}): Promise<Store> {
  const { where = location } = options
  const level = new ClassicLevel<Bytes, Bytes>(location, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    cacheSize: options.cacheBytes ?? cacheBytesDefault,
    writeBufferSize: options.writeBufferBytes ?? writeBufferBytesDefault,
    // Hashes and signatures do not compress, and what is stored plainly is read where it is mapped, without a copy.
    compression: false,
    maxFileSize: tableBytes,
    maxOpenFiles: openFilesMax,
  })
  await onLevel(where, () => level.open())
  return {
    get(key) {
      try {
        const value = level.getSync(key)
        return value && checked(where, key, value)
      } catch (error) {
        throw operational(where, error)
      }
    },
    range: (query) => onLevel(where, () => readRange(level, where, query)),
    write: (operations, { durable }) => onLevel(where, () => writeBatch(level, operations, durable)),
    compact: (from, to) => onLevel(where, () => level.compactRange(from, to)),
    close: () => onLevel(where, () => level.close()),
  }
}

type Level = ClassicLevel<Bytes, Bytes>

async function readRange(level: Level, location: string, query: RangeQuery): Promise<readonly StoreEntry[]> {
  const { from, to, limit, reverse = false } = query
  const entries = await level.iterator({ gte: from, lt: to, limit, reverse }).all()
  return entries.map(([key, value]) => [plain(key), checked(location, key, value)])
}

/** The library answers with Buffers, which slice by rules of their own. */
function plain(bytes: Bytes): Bytes {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

function checked(location: string, key: Bytes, stored: Bytes): Bytes {
  const value = checkedValue(key, plain(stored))
  if (value) return value
  throw new OperationalError('STORE_CORRUPT', `The value under the key ${toHex(key).slice(0, 64)} is damaged.`, {
    where: location,
  })
}

/** As a list: the memory of a chained batch, twenty megabytes after a large block, would wait for the garbage collector. */
function writeBatch(level: Level, operations: readonly StoreOperation[], durable: boolean): Promise<void> {
  const batch = operations.map(([key, value]) =>
    value ? ({ type: 'put', key, value: withChecksum(key, value) } as const) : ({ type: 'del', key } as const),
  )
  return level.batch(batch, { sync: durable })
}
