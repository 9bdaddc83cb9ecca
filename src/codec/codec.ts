/**
 * Canonical MessagePack: every value of a schema has exactly one encoding, and `decode` accepts that encoding only. Hence hashes and
 * signatures over encoded bytes name the value itself. Spec: docs/spec/wire.md.
 */
import type { RejectionCode } from '../primitives/error-catalogue.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import { decoderOf } from './decoder.ts'
import { encoderOf } from './encoder.ts'
import { type Reader, Refusal } from './reader.ts'
import type { Schema } from './schema.ts'
import { createWriter, type Writer } from './writer.ts'

const scratch: Writer = createWriter(64 << 10)
const scratchBytesMax = 1 << 20

/** The one encoding of `value`, in a buffer of its own. Asserts that the value fits the schema: a misfit is our own bug. */
export function encode<T>(schema: Schema<T>, value: NoInfer<T>): Uint8Array {
  scratch.offset = 0
  encoderOf(schema)(scratch, value)
  const encoded = scratch.bytes.slice(0, scratch.offset)
  if (scratch.bytes.length > scratchBytesMax) scratch.bytes = new Uint8Array(scratchBytesMax)
  return encoded
}

/**
 * The value that `bytes` encode, or why they are refused; never throws. The work is bounded by the schema and by the length of the
 * bytes, whatever they contain. Byte strings in the value are copies: they neither keep the message alive nor change with it.
 */
export function decode<T>(schema: Schema<T>, bytes: Uint8Array): Result<T> {
  // A subclass such as Node's Buffer slices and copies by rules of its own.
  const plain = bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  const reader: Reader = { bytes: plain, offset: 0 }
  try {
    const value = decoderOf(schema)(reader) as T
    const trailing = bytes.length - reader.offset
    return trailing === 0 ? ok(value) : reject('CODEC_TRAILING', `${trailing} bytes follow the end of the message`)
  } catch (error) {
    if (error instanceof Refusal) return reject(error.code satisfies RejectionCode, error.message)
    throw error
  }
}
