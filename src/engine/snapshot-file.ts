/**
 * A state as a file: what a peer would send of a snapshot, one record after another, and the headers that prove it. Nothing in it has to
 * be believed; the checksums only tell damage from lies. Written and read as it comes, so that its size is no matter.
 * Spec: docs/spec/state-sync.md, "As a file".
 */
import { decode, encode } from '../codec/codec.ts'
import { bytes, documented, type Infer, type Schema, struct, uint } from '../codec/schema.ts'
import { hashBytes, sha256 } from '../crypto/hash.ts'
import { type Bytes, bytesEqual, concatBytes, utf8 } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'

const magic = utf8('synod snapshot 1\n')
const headerBytes = 5
const checksumBytes = 8
/** Longer than any message that a record holds. */
const payloadBytesMax = 16 << 20

/** What a record holds: the message of that name, as peers send it. */
const recordKinds = ['head', 'light-block', 'block', 'results', 'range', 'end'] as const
type RecordKind = (typeof recordKinds)[number]

export interface SnapshotRecord {
  readonly kind: RecordKind
  readonly payload: Bytes
}

export const snapshotHeadSchema = documented(
  struct('SnapshotHead', {
    chainId: bytes({ length: hashBytes }),
    height: uint(),
    /** Of the block of that height. */
    hash: bytes({ length: hashBytes }),
    /** Of the state after it. */
    root: bytes({ length: hashBytes }),
    entries: uint(),
    /** The state comes in 2^depth chunks. */
    depth: uint({ max: 12 }),
  }),
  'The first record of a snapshot file.',
)
export type SnapshotHead = Infer<typeof snapshotHeadSchema>

/** The bytes of a file with these records. */
export async function* writeRecords(records: AsyncIterable<SnapshotRecord> | Iterable<SnapshotRecord>): AsyncGenerator<Bytes> {
  yield magic
  let index = 0
  for await (const { kind, payload } of records) {
    const header = new Uint8Array(headerBytes)
    header[0] = recordKinds.indexOf(kind)
    new DataView(header.buffer).setUint32(1, payload.length)
    yield concatBytes(header, payload, checksumOf(index, header, payload))
    index++
  }
}

/** The records of a file, up to its end. Throws SNAPSHOT_FILE_INVALID where it is damaged or ends too early. */
export async function* readRecords(parts: AsyncIterable<Bytes>): AsyncGenerator<SnapshotRecord> {
  const take = takerOf(parts)
  const first = await take(magic.length)
  if (!first || !bytesEqual(first, magic)) throw invalid('This is no snapshot file, or one of another version.')
  for (let index = 0; ; index++) {
    const header = await take(headerBytes)
    if (!header) throw invalid(`The file ends early, after ${index} records.`)
    const kind = recordKinds[header[0] as number]
    const length = new DataView(header.buffer, header.byteOffset).getUint32(1)
    if (!kind || length > payloadBytesMax) throw invalid(`Record ${index} of the file is damaged.`)
    const rest = await take(length + checksumBytes)
    if (!rest) throw invalid(`The file ends early, in record ${index}.`)
    const payload = rest.subarray(0, length)
    if (!bytesEqual(checksumOf(index, header, payload), rest.subarray(length))) {
      throw invalid(`Record ${index} of the file is damaged.`)
    }
    yield { kind, payload }
    if (kind !== 'end') continue
    if (await take(1)) throw invalid('Something follows the end of the file.')
    return
  }
}

export function recordOf<T>(kind: RecordKind, schema: Schema<T>, value: NoInfer<T>): SnapshotRecord {
  return { kind, payload: encode(schema, value) }
}

/** Throws SNAPSHOT_FILE_INVALID. */
export function readRecord<T>(schema: Schema<T>, { kind, payload }: SnapshotRecord): T {
  const decoded = decode(schema, payload)
  if (decoded.ok) return decoded.value
  throw invalid(`A record ${kind} cannot be read: ${decoded.error.detail}.`)
}

export function invalid(message: string): OperationalError {
  return new OperationalError('SNAPSHOT_FILE_INVALID', message)
}

/** The place of a record is part of what is checked: none can be left out or moved. */
function checksumOf(index: number, header: Bytes, payload: Bytes): Bytes {
  const place = new Uint8Array(4)
  new DataView(place.buffer).setUint32(0, index)
  return sha256(concatBytes(place, header, payload)).subarray(0, checksumBytes)
}

/** Takes so many bytes, in memory of their own; `undefined` when there are not as many. */
function takerOf(parts: AsyncIterable<Bytes>): (count: number) => Promise<Bytes | undefined> {
  const iterator = parts[Symbol.asyncIterator]()
  let part: Bytes = new Uint8Array(0)
  return async (count) => {
    const taken = new Uint8Array(count)
    let filled = 0
    while (filled < count) {
      if (part.length === 0) {
        const next = await iterator.next()
        if (next.done) return undefined
        part = next.value
        continue
      }
      const bytes = part.subarray(0, count - filled)
      taken.set(bytes, filled)
      filled += bytes.length
      part = part.subarray(bytes.length)
    }
    return taken
  }
}
