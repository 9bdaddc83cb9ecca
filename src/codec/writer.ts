/** Writing MessagePack in its shortest forms, into a buffer that grows and is used again. */

export interface Writer {
  bytes: Uint8Array
  offset: number
}

export function createWriter(capacity: number): Writer {
  return { bytes: new Uint8Array(capacity), offset: 0 }
}

/** Makes room for `count` more bytes and returns where they begin. */
export function reserve(writer: Writer, count: number): number {
  const start = writer.offset
  const end = start + count
  if (end > writer.bytes.length) {
    const grown = new Uint8Array(Math.max(end, writer.bytes.length * 2))
    grown.set(writer.bytes.subarray(0, start))
    writer.bytes = grown
  }
  writer.offset = end
  return start
}

function writeHeader(writer: Writer, header: number, size: number, value: number): void {
  const start = reserve(writer, 1 + size)
  writer.bytes[start] = header
  let rest = value
  for (let index = start + size; index > start; index--) {
    writer.bytes[index] = rest & 0xff
    rest = Math.floor(rest / 0x100)
  }
}

/** A safe integer ≥ 0. */
export function writeUint(writer: Writer, value: number): void {
  if (value < 0x80) writeByte(writer, value)
  else if (value < 0x100) writeHeader(writer, 0xcc, 1, value)
  else if (value < 0x1_0000) writeHeader(writer, 0xcd, 2, value)
  else if (value < 0x1_0000_0000) writeHeader(writer, 0xce, 4, value)
  else writeHeader(writer, 0xcf, 8, value)
}

/** An integer from 0 to 2⁶⁴ − 1. */
export function writeU64(writer: Writer, value: bigint): void {
  if (value <= 0xffff_ffffn) {
    writeUint(writer, Number(value))
    return
  }
  writeHeader(writer, 0xcf, 4, Number(value >> 32n))
  const low = Number(value & 0xffff_ffffn)
  const start = reserve(writer, 4)
  writer.bytes[start] = low >>> 24
  writer.bytes[start + 1] = low >>> 16
  writer.bytes[start + 2] = low >>> 8
  writer.bytes[start + 3] = low
}

export function writeByte(writer: Writer, byte: number): void {
  const start = reserve(writer, 1)
  writer.bytes[start] = byte
}

export function writeBinary(writer: Writer, bytes: Uint8Array): void {
  const { length } = bytes
  if (length < 0x100) writeHeader(writer, 0xc4, 1, length)
  else if (length < 0x1_0000) writeHeader(writer, 0xc5, 2, length)
  else writeHeader(writer, 0xc6, 4, length)
  const start = reserve(writer, length)
  writer.bytes.set(bytes, start)
}

export function writeTextHeader(writer: Writer, length: number): void {
  if (length < 32) writeByte(writer, 0xa0 | length)
  else if (length < 0x100) writeHeader(writer, 0xd9, 1, length)
  else if (length < 0x1_0000) writeHeader(writer, 0xda, 2, length)
  else writeHeader(writer, 0xdb, 4, length)
}

export function writeArrayHeader(writer: Writer, count: number): void {
  if (count < 16) writeByte(writer, 0x90 | count)
  else if (count < 0x1_0000) writeHeader(writer, 0xdc, 2, count)
  else writeHeader(writer, 0xdd, 4, count)
}
