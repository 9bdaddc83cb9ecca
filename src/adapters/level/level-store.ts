import { ClassicLevel } from 'classic-level'
import type { RangeQuery, Store, StoreEntry, StoreOperation } from '../../ports/store.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'

export interface LevelOptions {
  /** Uncompressed blocks kept in memory. */
  readonly cacheBytes?: number
  /** Size of the log and its image in memory before it becomes a table; up to two of them are held. */
  readonly writeBufferBytes?: number
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
 * `Store` over LevelDB in the directory `location`, created when absent. Throws `OperationalError` DATA_DIR_LOCKED when another process
 * has it open, STORE_CORRUPT, DISK_FULL or DISK_FAILED; LevelDB refuses every write after one that failed.
 */
export async function openLevelStore(location: string, options: LevelOptions = {}): Promise<Store> {
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
  await guarded(location, () => level.open())
  return {
    get(key) {
      try {
        const value = level.getSync(key)
        return value && plain(value)
      } catch (error) {
        throw operational(location, error)
      }
    },
    range: (query) => guarded(location, () => readRange(level, query)),
    write: (operations, { durable }) => guarded(location, () => writeBatch(level, operations, durable)),
    close: () => guarded(location, () => level.close()),
  }
}

type Level = ClassicLevel<Bytes, Bytes>

async function readRange(level: Level, { from, to, limit, reverse = false }: RangeQuery): Promise<readonly StoreEntry[]> {
  const entries = await level.iterator({ gte: from, lt: to, limit, reverse }).all()
  return entries.map(([key, value]) => [plain(key), plain(value)])
}

/** The library answers with Buffers, which slice by rules of their own. */
function plain(bytes: Bytes): Bytes {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** As a list: the memory of a chained batch, twenty megabytes after a large block, would wait for the garbage collector. */
function writeBatch(level: Level, operations: readonly StoreOperation[], durable: boolean): Promise<void> {
  const batch = operations.map(([key, value]) =>
    value ? ({ type: 'put', key, value } as const) : ({ type: 'del', key } as const),
  )
  return level.batch(batch, { sync: durable })
}

async function guarded<T>(location: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw operational(location, error)
  }
}

/** LevelDB tells some errors by code, others by text alone. */
function operational(location: string, error: unknown): OperationalError {
  const texts: string[] = []
  const codes: unknown[] = []
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    texts.push(cause.message)
    codes.push((cause as NodeJS.ErrnoException).code)
  }
  const text = texts.join(': ')
  const options = { where: location, cause: error }
  if (codes.includes('LEVEL_LOCKED'))
    return new OperationalError('DATA_DIR_LOCKED', `The store is open already: ${text}`, options)
  if (codes.includes('LEVEL_CORRUPTION')) return new OperationalError('STORE_CORRUPT', `The store is damaged: ${text}`, options)
  if (codes.includes('ENOSPC') || /no space left|quota exceeded/i.test(text)) {
    return new OperationalError('DISK_FULL', `The store cannot be written: ${text}`, options)
  }
  return new OperationalError('DISK_FAILED', `The store cannot be read or written: ${text}`, options)
}
