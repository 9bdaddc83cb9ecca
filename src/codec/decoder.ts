/** Schemas compiled to decoders: one closure a field, made once. */
import { assert } from '../primitives/assert.ts'
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
import type { Field, Schema, Shape, VariantCase } from './schema.ts'

export type Decoder = (reader: Reader) => unknown

export function compileDecoder(schema: Schema<unknown>, path: string): Decoder {
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
      return listDecoder(shape, path)
    case 'optional':
      return optionalDecoder(shape.inner, path)
    case 'struct':
      return structDecoder(shape.fields, path)
    case 'variant':
      return variantDecoder(shape.cases, path)
  }
}

function literalDecoder(value: number, path: string): Decoder {
  return (reader) => {
    const found = readUint(reader, Number.MAX_SAFE_INTEGER, path)
    return found === value ? value : refuse('CODEC_LIMIT', reader, path, `${found} is not ${value}`)
  }
}

function bytesDecoder(min: number, max: number, path: string): Decoder {
  return (reader) => {
    const length = readBinaryHeader(reader, path)
    if (length < min || length > max) refuse('CODEC_LIMIT', reader, path, `${length} bytes, not ${min} to ${max}`)
    const start = skip(reader, length, path)
    return reader.bytes.slice(start, start + length)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textDecoder(max: number, path: string): Decoder {
  return (reader) => {
    const length = readTextHeader(reader, path)
    if (length > max) refuse('CODEC_LIMIT', reader, path, `${length} bytes of text, not 0 to ${max}`)
    const start = skip(reader, length, path)
    try {
      return utf8.decode(reader.bytes.subarray(start, start + length))
    } catch {
      return refuse('CODEC_TEXT', reader, path, 'not well-formed UTF-8')
    }
  }
}

function listDecoder(shape: Extract<Shape, { kind: 'list' }>, path: string): Decoder {
  const { min, max } = shape
  const item = compileDecoder(shape.item, `${path}[]`)
  return (reader) => {
    const count = readArrayHeader(reader, path)
    if (count < min || count > max) refuse('CODEC_LIMIT', reader, path, `${count} items, not ${min} to ${max}`)
    const items: unknown[] = []
    for (let index = 0; index < count; index++) items.push(item(reader))
    return items
  }
}

function optionalDecoder(inner: Schema<unknown>, path: string): Decoder {
  const present = compileDecoder(inner, path)
  return (reader) => {
    if (peek(reader, path) !== 0xc0) return present(reader)
    reader.offset++
    return undefined
  }
}

function structDecoder(fields: readonly Field[], path: string): Decoder {
  const decodeFields = fieldsDecoder(fields, path)
  return (reader) => {
    const count = readArrayHeader(reader, path)
    if (count !== fields.length) refuse('CODEC_TYPE', reader, path, `${count} fields, not ${fields.length}`)
    return decodeFields(reader, {})
  }
}

function fieldsDecoder(fields: readonly Field[], path: string): (reader: Reader, into: Record<string, unknown>) => unknown {
  const decoders = fields.map((field) => ({ name: field.name, decode: compileDecoder(field.schema, `${path}.${field.name}`) }))
  return (reader, into) => {
    for (const field of decoders) into[field.name] = field.decode(reader)
    return into
  }
}

function variantDecoder(cases: readonly VariantCase[], path: string): Decoder {
  const byTag = new Map(
    cases.map(({ name, tag, struct }) => [
      tag,
      { name, count: struct.fields.length, decode: fieldsDecoder(struct.fields, `${path}<${name}>`) },
    ]),
  )
  return (reader) => {
    const count = readArrayHeader(reader, path) - 1
    const tag = readUint(reader, Number.MAX_SAFE_INTEGER, path)
    const chosen = byTag.get(tag)
    if (chosen === undefined) return refuse('CODEC_TAG', reader, path, `no case has the tag ${tag}`)
    if (count !== chosen.count) refuse('CODEC_TYPE', reader, path, `${count} fields, not ${chosen.count}`)
    return chosen.decode(reader, { type: chosen.name })
  }
}

const compiled = new WeakMap<Shape, Decoder>()

/** Compiled on first use, then remembered. */
export function decoderOf(schema: Schema<unknown>): Decoder {
  const { shape } = schema
  let decoder = compiled.get(shape)
  if (decoder === undefined) {
    decoder = compileDecoder(schema, 'name' in shape ? shape.name : shape.kind)
    compiled.set(shape, decoder)
  }
  assert(decoder)
  return decoder
}
