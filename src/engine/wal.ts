/**
 * The consensus log: what must be on disk before a signature leaves, replayed after a crash. Two files take turns: a new height begins
 * in the one that holds the height before last, so the log is bounded and no step of the change can lose the current height. Each record
 * is framed by its length, its sequence number and a checksum over all three parts. Spec: docs/spec/wal.md.
 *
 * A crash may tear the end of the log: a damaged record with nothing readable behind it was never promised to anyone, and is cut off.
 * A damaged record with a readable one behind it was durable once. Going on without it could sign twice, so the node refuses.
 */
import { sha256 } from '../crypto/hash.ts'
import type { AppendFile, Disk } from '../ports/disk.ts'
import { assert } from '../primitives/assert.ts'
import { type Bytes, bytesEqual, concatBytes } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'

export interface Wal {
  /** Queues a record; durable when a later `sync` resolves. Throws WAL_FULL when one height has filled the log. */
  append(record: Bytes): void
  /** Resolves when all records so far are durable. */
  sync(): Promise<void>
  /** Call when a height is durably committed: what was appended before may be forgotten. Nothing may be appended meanwhile. */
  rotate(): Promise<void>
  /** Bytes of the file in use. */
  readonly bytes: number
  close(): Promise<void>
}

export interface OpenedWal {
  readonly wal: Wal
  /** What was appended since the last rotation or, when that is nothing, since the one before, in order. */
  readonly records: readonly Bytes[]
  /** Bytes cut off a torn end, 0 after a clean stop. */
  readonly cutBytes: number
}

const recordBytesMax = 8 << 20
const walBytesMax = 256 << 20

const sequenceAt = 4
const checksumAt = 12
const checksumBytes = 8
const headerBytes = checksumAt + checksumBytes

export async function openWal(disk: Disk, name: string): Promise<OpenedWal> {
  const files = [await openPart(disk, `${name}-a`), await openPart(disk, `${name}-b`)] as const
  const [first, second] = files
  let active = firstSequence(second) > firstSequence(first) ? second : first
  let next = 1 + Math.max(lastSequence(first), lastSequence(second))
  let rotating = false
  const { records, cutBytes } = {
    records: active.records.map(({ content }) => content),
    cutBytes: first.cutBytes + second.cutBytes,
  }
  let bytes = active.bytes

  const wal: Wal = {
    append(record) {
      assert(!rotating && record.length <= recordBytesMax)
      const framed = frame(record, next)
      if (bytes + framed.length > walBytesMax) {
        throw new OperationalError('WAL_FULL', `The consensus log holds ${bytes} bytes of one height.`, { where: name })
      }
      next++
      bytes += framed.length
      active.file.append(framed)
    },
    sync: () => active.file.sync(),
    async rotate() {
      assert(!rotating)
      rotating = true
      const other = active === first ? second : first
      await other.file.truncate(0)
      active = other
      bytes = 0
      rotating = false
    },
    get bytes() {
      return bytes
    },
    async close() {
      for (const { file } of files) await file.close()
    },
  }
  return { wal, records, cutBytes }
}

/** Empties a log without reading it. */
export async function forgetWal(disk: Disk, name: string): Promise<void> {
  for (const part of [`${name}-a`, `${name}-b`]) {
    const file = await disk.openFile(part)
    await file.truncate(0)
    await file.close()
  }
}

interface Part {
  readonly file: AppendFile
  readonly records: readonly WalRecord[]
  readonly bytes: number
  readonly cutBytes: number
}

interface WalRecord {
  readonly sequence: number
  readonly content: Bytes
  readonly end: number
}

async function openPart(disk: Disk, name: string): Promise<Part> {
  const file = await disk.openFile(name)
  const content = await file.read()
  const records: WalRecord[] = []
  let bytes = 0
  for (;;) {
    const previous = records.at(-1)?.sequence
    const record = readRecord(content, bytes, (sequence) => previous === undefined || sequence === previous + 1)
    if (!record) break
    records.push(record)
    bytes = record.end
  }
  const cutBytes = content.length - bytes
  if (cutBytes > 0) {
    refuseTornMiddle(name, content, bytes, records.at(-1)?.sequence)
    await file.truncate(bytes)
  }
  return { file, records, bytes, cutBytes }
}

/** Looks for a readable record anywhere behind a damaged one. */
function refuseTornMiddle(name: string, content: Bytes, damaged: number, previous: number | undefined): void {
  const later = (sequence: number) =>
    sequence > (previous ?? 0) && (previous === undefined || sequence <= previous + content.length)
  for (let offset = damaged + 1; offset + headerBytes <= content.length; offset++) {
    if (!readRecord(content, offset, later)) continue
    const message = `The record at byte ${damaged} is damaged, and one at byte ${offset} is not.`
    throw new OperationalError('WAL_CORRUPT', message, { where: name })
  }
}

/** The record at `offset`, if it is whole and `accepts` its sequence number, which is looked at before anything is hashed. */
function readRecord(content: Bytes, offset: number, accepts: (sequence: number) => boolean): WalRecord | undefined {
  if (offset + headerBytes > content.length) return undefined
  const view = new DataView(content.buffer, content.byteOffset + offset)
  const end = offset + headerBytes + view.getUint32(0)
  const sequence = Number(view.getBigUint64(sequenceAt))
  if (end > content.length || !Number.isSafeInteger(sequence) || !accepts(sequence)) return undefined
  const record = content.subarray(offset + headerBytes, end)
  const header = content.subarray(offset, offset + checksumAt)
  if (!bytesEqual(checksum(header, record), content.subarray(offset + checksumAt, offset + headerBytes))) return undefined
  return { sequence, content: record.slice(), end }
}

function frame(record: Bytes, sequence: number): Bytes {
  const header = new Uint8Array(checksumAt)
  const view = new DataView(header.buffer)
  view.setUint32(0, record.length)
  view.setBigUint64(sequenceAt, BigInt(sequence))
  return concatBytes(header, checksum(header, record), record)
}

function checksum(header: Bytes, record: Bytes): Bytes {
  return sha256(concatBytes(header, record)).subarray(0, checksumBytes)
}

function firstSequence(part: Part): number {
  return part.records[0]?.sequence ?? 0
}

function lastSequence(part: Part): number {
  return part.records.at(-1)?.sequence ?? 0
}
