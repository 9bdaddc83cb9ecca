/** Writing MessagePack in its shortest forms, into a buffer that grows and is used again. Spec: docs/spec/wire.md. */

export interface Writer {
  /** The first `offset` bytes are written; the rest is room. */
  bytes: Uint8Array
  offset: number
}

export function createWriter(capacity: number): Writer {
  return { bytes: new Uint8Array(capacity), offset: 0 }
}

export function writeByte(writer: Writer, byte: number): void {
  const at = advance(writer, 1)
  writer.bytes[at] = byte
}

/** A safe integer ≥ 0. */
export function writeUint(writer: Writer, value: number): void {
  if (value < 0x80) writeByte(writer, value)
  else if (value < 0x100) writeHeader(writer, 0xcc, 1, value)
  else if (value < 0x1_0000) writeHeader(writer, 0xcd, 2, value)
  else if (value < 0x1_0000_0000) writeHeader(writer, 0xce, 4, value)
  else writeWord(writer, Math.floor(value / 2 ** 32), value >>> 0)
}

/** An integer from 0 to 2⁶⁴ − 1. */
export function writeU64(writer: Writer, value: bigint): void {
  word.setBigUint64(0, value)
  const high = word.getUint32(0)
  const low = word.getUint32(4)
  if (high === 0) writeUint(writer, low)
  else writeWord(writer, high, low)
}

const word = new DataView(new ArrayBuffer(8))

export function writeBinary(writer: Writer, bytes: Uint8Array): void {
  const { length } = bytes
  if (length < 0x100) writeHeader(writer, 0xc4, 1, length)
  else if (length < 0x1_0000) writeHeader(writer, 0xc5, 2, length)
  else writeHeader(writer, 0xc6, 4, length)
  append(writer, bytes)
}

/** Writes a short text (at most 255 characters) if it is all ASCII; otherwise writes nothing and answers false. */
export function writeShortAscii(writer: Writer, text: string): boolean {
  const { length } = text
  const before = writer.offset
  if (length < 32) writeByte(writer, 0xa0 | length)
  else writeHeader(writer, 0xd9, 1, length)
  const start = advance(writer, length)
  const { bytes } = writer
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index)
    if (code > 0x7f) {
      writer.offset = before
      return false
    }
    bytes[start + index] = code
  }
  return true
}

/** A text that is UTF-8 already. */
export function writeText(writer: Writer, utf8: Uint8Array): void {
  const { length } = utf8
  if (length < 32) writeByte(writer, 0xa0 | length)
  else if (length < 0x100) writeHeader(writer, 0xd9, 1, length)
  else if (length < 0x1_0000) writeHeader(writer, 0xda, 2, length)
  else writeHeader(writer, 0xdb, 4, length)
  append(writer, utf8)
}

export function writeArrayHeader(writer: Writer, count: number): void {
  if (count < 16) writeByte(writer, 0x90 | count)
  else if (count < 0x1_0000) writeHeader(writer, 0xdc, 2, count)
  else writeHeader(writer, 0xdd, 4, count)
}

/** Makes room for `count` more bytes and returns where they begin. */
function advance(writer: Writer, count: number): number {
  const start = writer.offset
  const end = start + count
  if (end > writer.bytes.length) grow(writer, end)
  writer.offset = end
  return start
}

function grow(writer: Writer, least: number): void {
  const grown = new Uint8Array(Math.max(least, writer.bytes.length * 2))
  grown.set(writer.bytes)
  writer.bytes = grown
}

function append(writer: Writer, bytes: Uint8Array): void {
  const start = advance(writer, bytes.length)
  writer.bytes.set(bytes, start)
}

/** A header byte and a big-endian number of 1, 2 or 4 bytes. */
function writeHeader(writer: Writer, header: number, size: 1 | 2 | 4, value: number): void {
  let at = advance(writer, 1 + size)
  const { bytes } = writer
  bytes[at++] = header
  if (size === 4) {
    bytes[at++] = value >>> 24
    bytes[at++] = value >>> 16
  }
  if (size >= 2) bytes[at++] = value >>> 8
  bytes[at] = value
}

function writeWord(writer: Writer, high: number, low: number): void {
  writeHeader(writer, 0xcf, 4, high)
  const at = advance(writer, 4)
  const { bytes } = writer
  bytes[at] = low >>> 24
  bytes[at + 1] = low >>> 16
  bytes[at + 2] = low >>> 8
  bytes[at + 3] = low
}
