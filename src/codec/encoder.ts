/** Schemas compiled to encoders. A value that does not fit its schema is our own bug, and an assertion says so. */
import { assert } from '../primitives/assert.ts'
import type { Field, Schema, Shape, VariantCase } from './schema.ts'
import { reserve, type Writer, writeArrayHeader, writeBinary, writeByte, writeTextHeader, writeU64, writeUint } from './writer.ts'

export type Encoder = (writer: Writer, value: unknown) => void

export function compileEncoder(schema: Schema<unknown>, path: string): Encoder {
  const { shape } = schema
  switch (shape.kind) {
    case 'uint':
      return (writer, value) => {
        assertUint(value, shape.max, path)
        writeUint(writer, value)
      }
    case 'literal':
      return (writer, value) => {
        assert(value === shape.value, `${path}: not ${shape.value}`)
        writeUint(writer, shape.value)
      }
    case 'u64':
      return (writer, value) => {
        assert(typeof value === 'bigint' && value >= 0n && value <= u64Max, `${path}: not an integer from 0 to 2⁶⁴ − 1`)
        writeU64(writer, value)
      }
    case 'bool':
      return (writer, value) => {
        assert(typeof value === 'boolean', `${path}: not a boolean`)
        writeByte(writer, value ? 0xc3 : 0xc2)
      }
    case 'bytes':
      return (writer, value) => {
        assert(value instanceof Uint8Array, `${path}: not a byte string`)
        assertWithin(value.length, shape.min, shape.max, path)
        writeBinary(writer, value)
      }
    case 'text':
      return textEncoder(shape.max, path)
    case 'list':
      return listEncoder(shape, path)
    case 'optional':
      return optionalEncoder(shape.inner, path)
    case 'struct':
      return structEncoder(shape.fields, path)
    case 'variant':
      return variantEncoder(shape.cases, path)
  }
}

const u64Max = 0xffff_ffff_ffff_ffffn

function assertUint(value: unknown, max: number, path: string): asserts value is number {
  assert(
    Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max,
    `${path}: not an integer from 0 to ${max}`,
  )
}

function assertWithin(length: number, min: number, max: number, path: string): void {
  assert(length >= min && length <= max, `${path}: length ${length} is not ${min} to ${max}`)
}

const utf8 = new TextEncoder()

function textEncoder(max: number, path: string): Encoder {
  return (writer, value) => {
    assert(typeof value === 'string' && value.isWellFormed(), `${path}: not a well-formed text`)
    const encoded = utf8.encode(value)
    assertWithin(encoded.length, 0, max, path)
    writeTextHeader(writer, encoded.length)
    const start = reserve(writer, encoded.length)
    writer.bytes.set(encoded, start)
  }
}

function listEncoder(shape: Extract<Shape, { kind: 'list' }>, path: string): Encoder {
  const item = compileEncoder(shape.item, `${path}[]`)
  return (writer, value) => {
    assert(Array.isArray(value), `${path}: not a list`)
    assertWithin(value.length, shape.min, shape.max, path)
    writeArrayHeader(writer, value.length)
    for (const each of value) item(writer, each)
  }
}

function optionalEncoder(inner: Schema<unknown>, path: string): Encoder {
  const present = compileEncoder(inner, path)
  return (writer, value) => (value === undefined ? writeByte(writer, 0xc0) : present(writer, value))
}

function structEncoder(fields: readonly Field[], path: string): Encoder {
  const encodeFields = fieldsEncoder(fields, path)
  return (writer, value) => {
    assertRecord(value, path)
    writeArrayHeader(writer, fields.length)
    encodeFields(writer, value)
  }
}

function assertRecord(value: unknown, path: string): asserts value is Record<string, unknown> {
  assert(typeof value === 'object' && value !== null, `${path}: not an object`)
}

function fieldsEncoder(fields: readonly Field[], path: string): (writer: Writer, value: Record<string, unknown>) => void {
  const encoders = fields.map((field) => ({ name: field.name, encode: compileEncoder(field.schema, `${path}.${field.name}`) }))
  return (writer, value) => {
    for (const field of encoders) field.encode(writer, value[field.name])
  }
}

function variantEncoder(cases: readonly VariantCase[], path: string): Encoder {
  const byName = new Map<unknown, { tag: number; count: number; encode: ReturnType<typeof fieldsEncoder> }>()
  for (const { name, tag, struct } of cases) {
    byName.set(name, { tag, count: struct.fields.length, encode: fieldsEncoder(struct.fields, `${path}<${name}>`) })
  }
  return (writer, value) => {
    assertRecord(value, path)
    const chosen = byName.get(value['type'])
    assert(chosen, `${path}: no such case`)
    writeArrayHeader(writer, chosen.count + 1)
    writeUint(writer, chosen.tag)
    chosen.encode(writer, value)
  }
}

const compiled = new WeakMap<Shape, Encoder>()

/** Compiled on first use, then remembered. */
export function encoderOf(schema: Schema<unknown>): Encoder {
  const { shape } = schema
  let encoder = compiled.get(shape)
  if (encoder === undefined) {
    encoder = compileEncoder(schema, 'name' in shape ? shape.name : shape.kind)
    compiled.set(shape, encoder)
  }
  return encoder
}
