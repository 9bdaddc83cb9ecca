/** As much of Protocol Buffers as libp2p's small messages need: fields of varints and of bytes, unknown ones skipped. */
import type { Bytes } from '../../primitives/bytes.ts'

export type ProtobufField = readonly [field: number, value: number | Bytes]

/** Values by field, in their order. Of a field that stands once, the last counts. */
export interface ProtobufFields {
  number(field: number): number | undefined
  bytes(field: number): Bytes | undefined
}

const wireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

export function encodeProtobuf(fields: readonly ProtobufField[]): Bytes {
  const out: number[] = []
  for (const [field, value] of fields) {
    const isNumber = typeof value === 'number'
    pushVarint(out, field * 8 + (isNumber ? wireType.varint : wireType.bytes))
    pushVarint(out, isNumber ? value : value.length)
    if (!isNumber) for (const byte of value) out.push(byte)
  }
  return Uint8Array.from(out)
}

/** Undefined when the bytes are no such message. Numbers beyond 2^53 are none either. */
export function decodeProtobuf(bytes: Bytes): ProtobufFields | undefined {
  const numbers = new Map<number, number>()
  const blobs = new Map<number, Bytes>()
  const reader = { bytes, at: 0 }
  while (reader.at < bytes.length) {
    const tag = readVarint(reader)
    if (tag === undefined) return undefined
    const [field, type] = [Math.floor(tag / 8), tag % 8]
    if (type === wireType.fixed64 || type === wireType.fixed32) reader.at += type === wireType.fixed64 ? 8 : 4
    else {
      const value = readVarint(reader)
      if (value === undefined || (type !== wireType.varint && type !== wireType.bytes)) return undefined
      if (type === wireType.varint) numbers.set(field, value)
      else {
        blobs.set(field, bytes.subarray(reader.at, reader.at + value))
        reader.at += value
      }
    }
    if (reader.at > bytes.length) return undefined
  }
  return { number: (field) => numbers.get(field), bytes: (field) => blobs.get(field) }
}

function pushVarint(out: number[], value: number): void {
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128)
  out.push(rest)
}

function readVarint(reader: { readonly bytes: Bytes; at: number }): number | undefined {
  let value = 0
  for (let shift = 1; shift < 2 ** 63; shift *= 128) {
    const byte = reader.bytes[reader.at++]
    if (byte === undefined) return undefined
    value += (byte % 128) * shift
    if (byte < 128) return Number.isSafeInteger(value) ? value : undefined
  }
  return undefined
}
