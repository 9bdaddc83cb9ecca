/**
 * Reading MessagePack strictly: the shortest form of everything, or nothing. A cursor moves over bytes none of which is trusted;
 * whatever our encoder would not have written throws a `Refusal`, which `decode` turns into a `Rejection`.
 * Spec: docs/spec/wire.md.
 */
import type { RejectionCode } from '../primitives/error-catalogue.ts'

/** A position in a message. */
export interface Reader {
  readonly bytes: Uint8Array
  /** The memory under `bytes`, and where they begin in it: asking for these at each byte string would cost a fifth of all time. */
  readonly buffer: ArrayBufferLike
  readonly base: number
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

function refuseType(reader: Reader, path: string, expected: string): never {
  refuse('CODEC_TYPE', reader, path, `${peek(reader, path)} does not begin ${expected}`)
}

/** The next byte, which stays unread. */
export function peek(reader: Reader, path: string): number {
  if (reader.offset >= reader.bytes.length) refuse('CODEC_TRUNCATED', reader, path, 'the message ends here')
  return reader.bytes[reader.offset] as number
}

/** Moves past `count` bytes and returns where they begin. */
export function skip(reader: Reader, count: number, path: string): number {
  const start = reader.offset
  const left = reader.bytes.length - start
  if (count > left) refuse('CODEC_TRUNCATED', reader, path, `${count} bytes are announced, ${left} are left`)
  reader.offset = start + count
  return start
}

export function readUint(reader: Reader, max: number, path: string): number {
  const value = peek(reader, path) === 0xcf ? readWord(reader, path) : readShortInteger(reader, path)
  if (value > max) refuse('CODEC_LIMIT', reader, path, `the number is larger than ${max}`)
  return value
}

export function readU64(reader: Reader, path: string): bigint {
  if (peek(reader, path) === 0xcf) {
    const at = reader.offset + 1
    readWord(reader, path)
    return joined(u32(reader.bytes, at), u32(reader.bytes, at + 4))
  }
  return joined(0, readShortInteger(reader, path))
}

export function readBool(reader: Reader, path: string): boolean {
  const header = peek(reader, path)
  if (header !== 0xc2 && header !== 0xc3) refuseType(reader, path, 'a boolean')
  reader.offset++
  return header === 0xc3
}

/** The length of the byte string that follows. */
export function readBinaryHeader(reader: Reader, path: string): number {
  const header = peek(reader, path)
  if (header === 0xc4) return readAfterHeader(reader, 1, 0, path)
  if (header === 0xc5) return readAfterHeader(reader, 2, 0x100, path)
  if (header === 0xc6) return readAfterHeader(reader, 4, 0x1_0000, path)
  return refuseType(reader, path, 'a byte string')
}

/** The length in bytes of the text that follows. */
export function readTextHeader(reader: Reader, path: string): number {
  const header = peek(reader, path)
  if ((header & 0xe0) === 0xa0) return readWithinHeader(reader, header & 0x1f)
  if (header === 0xd9) return readAfterHeader(reader, 1, 32, path)
  if (header === 0xda) return readAfterHeader(reader, 2, 0x100, path)
  if (header === 0xdb) return readAfterHeader(reader, 4, 0x1_0000, path)
  return refuseType(reader, path, 'a text')
}

/** The number of items of the array that follows. */
export function readArrayHeader(reader: Reader, path: string): number {
  const header = peek(reader, path)
  if ((header & 0xf0) === 0x90) return readWithinHeader(reader, header & 0x0f)
  if (header === 0xdc) return readAfterHeader(reader, 2, 16, path)
  if (header === 0xdd) return readAfterHeader(reader, 4, 0x1_0000, path)
  return refuseType(reader, path, 'an array')
}

/** An integer of at most 32 bits. */
function readShortInteger(reader: Reader, path: string): number {
  const header = peek(reader, path)
  if (header < 0x80) return readWithinHeader(reader, header)
  if (header === 0xcc) return readAfterHeader(reader, 1, 0x80, path)
  if (header === 0xcd) return readAfterHeader(reader, 2, 0x100, path)
  if (header === 0xce) return readAfterHeader(reader, 4, 0x1_0000, path)
  return refuseType(reader, path, 'an unsigned integer')
}

/** An integer of 64 bits: exact up to 2⁵³ − 1, and no less than 2⁵³ for everything above. */
function readWord(reader: Reader, path: string): number {
  const at = skip(reader, 9, path) + 1
  const high = u32(reader.bytes, at)
  if (high === 0) refuseLonger(reader, path)
  return high * 2 ** 32 + u32(reader.bytes, at + 4)
}

function readWithinHeader(reader: Reader, value: number): number {
  reader.offset++
  return value
}

/** The `size` bytes after a header byte, refused below `least`, for which a shorter form exists. */
function readAfterHeader(reader: Reader, size: 1 | 2 | 4, least: number, path: string): number {
  const at = skip(reader, 1 + size, path) + 1
  const { bytes } = reader
  const value = size === 1 ? (bytes[at] as number) : size === 2 ? u16(bytes, at) : u32(bytes, at)
  if (value < least) refuseLonger(reader, path)
  return value
}

function refuseLonger(reader: Reader, path: string): never {
  refuse('CODEC_NON_CANONICAL', reader, path, 'not in the shortest form')
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
}

function u32(bytes: Uint8Array, at: number): number {
  return ((u16(bytes, at) << 16) | u16(bytes, at + 2)) >>> 0
}

const word = new DataView(new ArrayBuffer(8))

/** Through memory rather than by arithmetic, which would allocate a bigint a step. */
function joined(high: number, low: number): bigint {
  word.setUint32(0, high)
  word.setUint32(4, low)
  return word.getBigUint64(0)
}
