/**
 * Canonical MessagePack: every value of a schema has exactly one encoding, and `decode` accepts that encoding only. Hence hashes and
 * signatures over encoded bytes name the value itself. Spec: docs/spec/wire.md.
 */
import { ok, type Result, reject } from '../primitives/result.ts'
import { decoderOf } from './decoder.ts'
import { encoderOf } from './encoder.ts'
import { type Reader, Refusal } from './reader.ts'
import { nameOf, type Schema } from './schema.ts'
import { createWriter } from './writer.ts'

/** Where values are encoded before their size is known. Encoding never yields, so one is enough. */
const scratch = createWriter(64 << 10)
const scratchBytesMax = 1 << 20

/** The one encoding of `value`, in memory of its own. Asserts that the value fits the schema: a misfit is our own bug. */
export function encode<T>(schema: Schema<T>, value: NoInfer<T>): Uint8Array {
  scratch.offset = 0
  encoderOf(schema)(scratch, value)
  const encoded = scratch.bytes.slice(0, scratch.offset)
  if (scratch.bytes.length > scratchBytesMax) scratch.bytes = new Uint8Array(scratchBytesMax)
  return encoded
}

/**
 * The value that `bytes` encode, or why they are refused: a `CODEC_*` code and the field concerned. Never throws, and its work is
 * bounded by the length of the bytes, whatever they say.
 *
 * Byte strings in the value are views of `bytes`: they change when the message is overwritten, and keep all of it in memory. Decode
 * a copy where the message is in a buffer that is used again, and copy what outlives its message by far.
 */
export function decode<T>(schema: Schema<T>, bytes: Uint8Array): Result<T> {
  const { length } = bytes
  if (length > schema.sizeMax) {
    return reject('CODEC_LIMIT', `${length} bytes, no ${nameOf(schema)} has more than ${schema.sizeMax}`)
  }
  const reader: Reader = { bytes, buffer: bytes.buffer, base: bytes.byteOffset, offset: 0 }
  try {
    const value = decoderOf(schema)(reader) as T
    const trailing = length - reader.offset
    return trailing === 0 ? ok(value) : reject('CODEC_TRAILING', `${trailing} bytes follow the end of the message`)
  } catch (error) {
    if (error instanceof Refusal) return reject(error.code, error.message)
    throw error
  }
}
