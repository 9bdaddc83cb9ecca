/** Schemas compiled to encoders, one closure a field, on first use. A value that does not fit its schema is our own bug. */
import { AssertionError } from '../primitives/assert.ts'
import { canGenerate, recordWriter } from './record.ts'
import { type Field, type ListShape, nameOf, type Schema, type Shape, type VariantCase } from './schema.ts'
import {
  type Writer,
  writeArrayHeader,
  writeBinary,
  writeByte,
  writeShortAscii,
  writeText,
  writeU64,
  writeUint,
} from './writer.ts'

/** Appends one value, or throws an `AssertionError`. */
type Encoder = (writer: Writer, value: unknown) => void

const encoders = new WeakMap<Shape, Encoder>()

export function encoderOf(schema: Schema<unknown>): Encoder {
  const { shape } = schema
  let encoder = encoders.get(shape)
  if (encoder === undefined) {
    encoder = compileEncoder(schema, nameOf(schema), canGenerate)
    encoders.set(shape, encoder)
  }
  return encoder
}

/** @param path names the value in assertions; @param generated whether records may use generated code. */
export function compileEncoder(schema: Schema<unknown>, path: string, generated: boolean): Encoder {
  const { shape } = schema
  switch (shape.kind) {
    case 'uint':
      return uintEncoder(shape.max, path)
    case 'u64':
      return u64Encoder(path)
    case 'bool':
      return boolEncoder(path)
    case 'literal':
      return literalEncoder(shape.value, path)
    case 'bytes':
      return bytesEncoder(shape.min, shape.max, path)
    case 'text':
      return textEncoder(shape.max, path)
    case 'list':
      return listEncoder(shape, path, generated)
    case 'optional':
      return optionalEncoder(shape.inner, path, generated)
    case 'struct':
      return structEncoder(shape.fields, path, generated)
    case 'variant':
      return variantEncoder(shape.cases, path, generated)
  }
}

/** Apart from `assert`, whose message would be put together for every value that fits. */
function misfit(path: string, expected: string): never {
  throw new AssertionError(`${path} is not ${expected}`)
}

function uintEncoder(max: number, path: string): Encoder {
  return (writer, value) => {
    if (typeof value !== 'number' || !(value >= 0 && value <= max) || !Number.isInteger(value)) {
      misfit(path, `an integer from 0 to ${max}`)
    }
    writeUint(writer, value)
  }
}

const u64Max = 0xffff_ffff_ffff_ffffn

function u64Encoder(path: string): Encoder {
  return (writer, value) => {
    if (typeof value !== 'bigint' || value < 0n || value > u64Max) misfit(path, 'a bigint from 0 to 2⁶⁴ − 1')
    writeU64(writer, value)
  }
}

function boolEncoder(path: string): Encoder {
  return (writer, value) => {
    if (typeof value !== 'boolean') misfit(path, 'a boolean')
    writeByte(writer, value ? 0xc3 : 0xc2)
  }
}

function literalEncoder(expected: number, path: string): Encoder {
  return (writer, value) => {
    if (value !== expected) misfit(path, `${expected}`)
    writeUint(writer, expected)
  }
}

function bytesEncoder(min: number, max: number, path: string): Encoder {
  return (writer, value) => {
    if (!(value instanceof Uint8Array) || value.length < min || value.length > max) {
      misfit(path, `a byte string of ${min} to ${max} bytes`)
    }
    writeBinary(writer, value)
  }
}

const utf8 = new TextEncoder()
/** Calling the platform's encoder costs more than writing so many letters one by one. */
const shortTextMax = 64

function textEncoder(max: number, path: string): Encoder {
  return (writer, value) => {
    // A lone surrogate would be written as a replacement character, and read back as another text.
    if (typeof value !== 'string') misfit(path, 'a well-formed text')
    if (value.length <= shortTextMax && value.length <= max && writeShortAscii(writer, value)) return
    if (!value.isWellFormed()) misfit(path, 'a well-formed text')
    const encoded = utf8.encode(value)
    if (encoded.length > max) misfit(path, `a text of at most ${max} bytes`)
    writeText(writer, encoded)
  }
}

function listEncoder(shape: ListShape, path: string, generated: boolean): Encoder {
  const { min, max } = shape
  const item = compileEncoder(shape.item, `${path}[]`, generated)
  return (writer, value) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) misfit(path, `a list of ${min} to ${max} items`)
    writeArrayHeader(writer, value.length)
    for (let index = 0; index < value.length; index++) item(writer, value[index])
  }
}

function optionalEncoder(inner: Schema<unknown>, path: string, generated: boolean): Encoder {
  const present = compileEncoder(inner, path, generated)
  return (writer, value) => (value === undefined ? writeByte(writer, 0xc0) : present(writer, value))
}

type RecordEncoder = (writer: Writer, record: Readonly<Record<string, unknown>>) => void

function structEncoder(fields: readonly Field[], path: string, generated: boolean): Encoder {
  const encodeFields = recordEncoder(fields, path, generated)
  const count = fields.length
  return (writer, value) => {
    if (!isRecord(value)) misfit(path, 'an object')
    writeArrayHeader(writer, count)
    encodeFields(writer, value)
  }
}

function recordEncoder(fields: readonly Field[], path: string, generated: boolean): RecordEncoder {
  const parts = fields.map(({ name, schema }) => ({ name, run: compileEncoder(schema, `${path}.${name}`, generated) }))
  return recordWriter(parts, generated)
}

function variantEncoder(cases: readonly VariantCase[], path: string, generated: boolean): Encoder {
  const byName = new Map<unknown, { tag: number; count: number; encodeFields: RecordEncoder }>()
  for (const { name, tag, struct } of cases) {
    const encodeFields = recordEncoder(struct.fields, `${path}<${name}>`, generated)
    byName.set(name, { tag, count: struct.fields.length + 1, encodeFields })
  }
  return (writer, value) => {
    if (!isRecord(value)) misfit(path, 'an object')
    const chosen = byName.get(value['type']) ?? misfit(path, 'of a known type')
    writeArrayHeader(writer, chosen.count)
    writeByte(writer, chosen.tag)
    chosen.encodeFields(writer, value)
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
