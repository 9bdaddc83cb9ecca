/** Schemas compiled to decoders, one closure a field, on first use. */
import {
  peek,
  type Reader,
  readArrayHeader,
  readBinaryHeader,
  readBool,
  readTextHeader,
  readU64,
  readUint,
  refuse,
  skip,
} from './reader.ts'
import { canGenerate, recordReader } from './record.ts'
import { type Field, type ListShape, nameOf, type Schema, type Shape, tagMax, type VariantCase } from './schema.ts'

/** Reads one value and moves past it, or throws a `Refusal`. */
type Decoder = (reader: Reader) => unknown

const decoders = new WeakMap<Shape, Decoder>()

export function decoderOf(schema: Schema<unknown>): Decoder {
  const { shape } = schema
  let decoder = decoders.get(shape)
  if (decoder === undefined) {
    decoder = compileDecoder(schema, nameOf(schema), canGenerate)
    decoders.set(shape, decoder)
  }
  return decoder
}

/** @param path names the value in refusals; @param generated whether records may use generated code. */
export function compileDecoder(schema: Schema<unknown>, path: string, generated: boolean): Decoder {
  const { shape } = schema
  switch (shape.kind) {
    case 'uint':
      return (reader) => readUint(reader, shape.max, path)
    case 'u64':
      return (reader) => readU64(reader, path)
    case 'bool':
      return (reader) => readBool(reader, path)
    case 'literal':
      return literalDecoder(shape.value, path)
    case 'bytes':
      return bytesDecoder(shape.min, shape.max, path)
    case 'text':
      return textDecoder(shape.max, path)
    case 'list':
      return listDecoder(shape, path, generated)
    case 'optional':
      return optionalDecoder(shape.inner, path, generated)
    case 'struct':
      return structDecoder(shape.fields, path, generated)
    case 'variant':
      return variantDecoder(shape.cases, path, generated)
  }
}

function literalDecoder(value: number, path: string): Decoder {
  return (reader) => {
    const found = readUint(reader, Number.MAX_SAFE_INTEGER, path)
    return found === value ? value : refuse('CODEC_TYPE', reader, path, `${found} is not ${value}`)
  }
}

/** Nothing in it can be changed, so one is enough. */
const empty = new Uint8Array(0)

function bytesDecoder(min: number, max: number, path: string): Decoder {
  return (reader) => {
    const length = readBinaryHeader(reader, path)
    if (length < min || length > max) refuse('CODEC_LIMIT', reader, path, `${length} bytes, not ${min} to ${max}`)
    const start = skip(reader, length, path)
    return length === 0 ? empty : new Uint8Array(reader.buffer, reader.base + start, length)
  }
}

/** Keeps a byte order mark and refuses what is ill-formed: the text encodes to the very bytes it was read from. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textDecoder(max: number, path: string): Decoder {
  return (reader) => {
    const length = readTextHeader(reader, path)
    if (length > max) refuse('CODEC_LIMIT', reader, path, `${length} bytes, not 0 to ${max}`)
    const start = skip(reader, length, path)
    try {
      return utf8.decode(reader.bytes.subarray(start, start + length))
    } catch {
      return refuse('CODEC_TEXT', reader, path, 'not well-formed UTF-8')
    }
  }
}

function listDecoder(shape: ListShape, path: string, generated: boolean): Decoder {
  const { min, max } = shape
  const { sizeMin } = shape.item
  const item = compileDecoder(shape.item, `${path}[]`, generated)
  return (reader) => {
    const count = readArrayHeader(reader, path)
    if (count < min || count > max) refuse('CODEC_LIMIT', reader, path, `${count} items, not ${min} to ${max}`)
    // Before room is made for the items: a few bytes cannot ask for that of thousands.
    const left = reader.bytes.length - reader.offset
    if (count * sizeMin > left) refuse('CODEC_TRUNCATED', reader, path, `${count} items are announced, ${left} bytes are left`)
    const items: unknown[] = new Array(count)
    for (let index = 0; index < count; index++) items[index] = item(reader)
    return items
  }
}

function optionalDecoder(inner: Schema<unknown>, path: string, generated: boolean): Decoder {
  const present = compileDecoder(inner, path, generated)
  return (reader) => {
    if (peek(reader, path) !== 0xc0) return present(reader)
    reader.offset++
    return undefined
  }
}

function structDecoder(fields: readonly Field[], path: string, generated: boolean): Decoder {
  const record = recordDecoder(fields, undefined, path, generated)
  const expected = fields.length
  return (reader) => {
    const count = readArrayHeader(reader, path)
    if (count !== expected) refuse('CODEC_TYPE', reader, path, `${count} fields, not ${expected}`)
    return record(reader)
  }
}

function recordDecoder(fields: readonly Field[], type: string | undefined, path: string, generated: boolean): Decoder {
  const parts = fields.map(({ name, schema }) => ({ name, run: compileDecoder(schema, `${path}.${name}`, generated) }))
  return recordReader(parts, type, generated)
}

function variantDecoder(cases: readonly VariantCase[], path: string, generated: boolean): Decoder {
  const byTag: ({ count: number; record: Decoder } | undefined)[] = new Array(tagMax + 1).fill(undefined)
  for (const { name, tag, struct } of cases) {
    byTag[tag] = { count: struct.fields.length + 1, record: recordDecoder(struct.fields, name, `${path}<${name}>`, generated) }
  }
  return (reader) => {
    const count = readArrayHeader(reader, path)
    if (count === 0) refuse('CODEC_TYPE', reader, path, 'no tag')
    const tag = readUint(reader, Number.MAX_SAFE_INTEGER, path)
    const chosen = tag <= tagMax ? byTag[tag] : undefined
    if (chosen === undefined) return refuse('CODEC_TAG', reader, path, `no case has the tag ${tag}`)
    if (count !== chosen.count) refuse('CODEC_TYPE', reader, path, `${count} elements, not ${chosen.count}`)
    return chosen.record(reader)
  }
}
