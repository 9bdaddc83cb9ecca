import { crc32 } from 'node:zlib'
import { type Bytes, concatBytes } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import type { Disk } from '../ports/disk.ts'

/**
 * An append-only log of records that survives crashes. Each record is framed by its length and its checksum. A torn end is what a
 * crash leaves, and is cut off; a bad record with good ones behind it is damage, and nobody guesses what it said.
 */
export interface Wal {
  append(record: Bytes): void
  sync(): Promise<void>
  rotate(): Promise<void>
  close(): Promise<void>
}

const frameBytes = 8

export async function openWal(disk: Disk, name: string): Promise<{ wal: Wal; records: readonly Bytes[] }> {
  const file = await disk.openFile(name)
  const content = await file.read()
  const records: Bytes[] = []
  let offset = 0
  for (let record = readRecord(content, offset); record; record = readRecord(content, offset)) {
    records.push(record)
    offset += frameBytes + record.length
  }
  if (offset < content.length) {
    if (anyRecordAfter(content, offset + 1)) {
      throw new OperationalError('WAL_CORRUPT', `The consensus log is damaged at byte ${offset}, with good records behind it.`, { where: name })
    }
    await file.truncate(offset)
  }
  const wal: Wal = {
    append: (record) => file.append(concatBytes(frame(record), record)),
    sync: () => file.sync(),
    rotate: () => file.truncate(0),
    close: () => file.close(),
  }
  return { wal, records }
}

function frame(record: Bytes): Bytes {
  const header = new DataView(new ArrayBuffer(frameBytes))
  header.setUint32(0, record.length)
  header.setUint32(4, crc32(record))
  return new Uint8Array(header.buffer)
}

function readRecord(content: Bytes, offset: number): Bytes | undefined {
  if (offset + frameBytes > content.length) return undefined
  const view = new DataView(content.buffer, content.byteOffset + offset, frameBytes)
  const length = view.getUint32(0)
  const end = offset + frameBytes + length
  if (length === 0 || end > content.length) return undefined
  const record = content.subarray(offset + frameBytes, end)
  return crc32(record) === view.getUint32(4) ? record : undefined
}

function anyRecordAfter(content: Bytes, from: number): boolean {
  for (let offset = from; offset < content.length; offset++) if (readRecord(content, offset)) return true
  return false
}
