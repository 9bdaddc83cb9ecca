/**
 * Reading MessagePack strictly: the shortest form of everything or nothing. A cursor moves over bytes of which none is trusted;
 * whatever our encoder would not have written throws a `Refusal`, which `decode` turns into a `Rejection`.
 */
import type { RejectionCode } from '../primitives/error-catalogue.ts'

/** A position in a message. */
export interface Reader {
  readonly bytes: Uint8Array
  offset: number
}

/** Ends a decoding that cannot succeed. It never leaves the codec. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: RejectionCode

  constructor(code: RejectionCode, detail: string) {
    super(detail)
    this.code = code
  }
}

/** @param path the field concerned, as in `Transaction.operations[].amount`. */
export function refuse(code: RejectionCode, reader: Reader, path: string, detail: string): never {
  throw new Refusal(code, `${path} at byte ${reader.offset}: ${detail}`)
}

/** The next byte, which stays unread. */
export function peek(reader: Reader, path: string): number {
  const byte = reader.bytes[reader.offset]
  return byte === undefined ? refuse('CODEC_TRUNCATED', reader, path, 'the message ends here') : byte
}

/** Moves past `count` bytes and returns where they began. */
export function skip(reader: Reader, count: number, path: string): number {
  const start = reader.offset
  if (start + count > reader.bytes.length) {
    refuse('CODEC_TRUNCATED', reader, path, `needs ${count} bytes, has ${reader.bytes.length - start}`)
  }
  reader.offset = start + count
  return start
}

/** A big-endian number of 1, 2 or 4 bytes. */
function readBigEndian(reader: Reader, size: number, path: string): number {
  const start = skip(reader, size, path)
  let value = 0
  for (let index = start; index < start + size; index++) value = value * 0x100 + (reader.bytes[index] as number)
  return value
}

/** A length or number after its header byte, refused when `least` says that a shorter form exists. */
function readShortest(reader: Reader, size: number, least: number, path: string): number {
  const value = readBigEndian(reader, size, path)
  if (value < least) refuse('CODEC_NON_CANONICAL', reader, path, `${value} has a shorter form`)
  return value
}

const two32 = 0x1_0000_0000

/** An integer as two halves: the high 32 bits go to `high`, the low ones are returned. Up to 2⁵³ − 1 `high` stays below 2²¹. */
export interface High {
  high: number
}

/** An unsigned integer below 2³², or its low half with the rest in `high`. */
export function readInteger(reader: Reader, into: High, path: string): number {
  const header = peek(reader, path)
  into.high = 0
  if (header < 0x80) {
    reader.offset++
    return header
  }
  if (header < 0xcc || header > 0xcf) refuse('CODEC_TYPE', reader, path, `${hexByte(header)} does not begin an unsigned integer`)
  reader.offset++
  if (header === 0xcc) return readShortest(reader, 1, 0x80, path)
  if (header === 0xcd) return readShortest(reader, 2, 0x100, path)
  if (header === 0xce) return readShortest(reader, 4, 0x1_0000, path)
  into.high = readShortest(reader, 4, 1, path)
  return readBigEndian(reader, 4, path)
}

export function readUint(reader: Reader, max: number, path: string): number {
  const low = readInteger(reader, halves, path)
  const value = halves.high * two32 + low
  if (value > max) refuse('CODEC_LIMIT', reader, path, `the number exceeds ${max}`)
  return value
}

export function readU64(reader: Reader, path: string): bigint {
  const low = readInteger(reader, halves, path)
  if (halves.high < 0x20_0000) return BigInt(halves.high * two32 + low)
  return (BigInt(halves.high) << 32n) | BigInt(low)
}

const halves: High = { high: 0 }

export function readBool(reader: Reader, path: string): boolean {
  const header = peek(reader, path)
  if (header !== 0xc2 && header !== 0xc3) refuse('CODEC_TYPE', reader, path, `${hexByte(header)} is not a boolean`)
  reader.offset++
  return header === 0xc3
}

/** The number of bytes that follow as a byte string. */
export function readBinaryHeader(reader: Reader, path: string): number {
  const header = peek(reader, path)
  if (header < 0xc4 || header > 0xc6) refuse('CODEC_TYPE', reader, path, `${hexByte(header)} does not begin a byte string`)
  reader.offset++
  if (header === 0xc4) return readBigEndian(reader, 1, path)
  if (header === 0xc5) return readShortest(reader, 2, 0x100, path)
  return readShortest(reader, 4, 0x1_0000, path)
}

/** The number of bytes that follow as a text. */
export function readTextHeader(reader: Reader, path: string): number {
  const header = peek(reader, path)
  if ((header & 0xe0) !== 0xa0 && (header < 0xd9 || header > 0xdb)) {
    refuse('CODEC_TYPE', reader, path, `${hexByte(header)} does not begin a text`)
  }
  reader.offset++
  if (header < 0xc0) return header & 0x1f
  if (header === 0xd9) return readShortest(reader, 1, 32, path)
  if (header === 0xda) return readShortest(reader, 2, 0x100, path)
  return readShortest(reader, 4, 0x1_0000, path)
}

/** The number of items that follow as an array. */
export function readArrayHeader(reader: Reader, path: string): number {
  const header = peek(reader, path)
  if ((header & 0xf0) !== 0x90 && header !== 0xdc && header !== 0xdd) {
    refuse('CODEC_TYPE', reader, path, `${hexByte(header)} does not begin an array`)
  }
  reader.offset++
  if (header < 0xa0) return header & 0x0f
  if (header === 0xdc) return readShortest(reader, 2, 16, path)
  return readShortest(reader, 4, 0x1_0000, path)
}

function hexByte(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`
}
