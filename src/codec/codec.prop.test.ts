import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { Packr } from 'msgpackr'
import { expect, test } from 'vitest'
import { arbitrarySchema, arbitraryValue } from '../../test/codec/arbitrary-schema.ts'
import { decode, encode } from './codec.ts'
import { compileDecoder } from './decoder.ts'
import { compileEncoder } from './encoder.ts'
import { type Reader, Refusal } from './reader.ts'
import { canGenerate } from './record.ts'
import type { Field, Schema } from './schema.ts'
import { createWriter } from './writer.ts'

const encoded = arbitrarySchema().chain((schema) =>
  fc
    .record({ schema: fc.constant(schema), value: arbitraryValue(schema) })
    .map((sample) => ({ ...sample, bytes: encode(schema, sample.value) })),
)

/** Bytes that are nearly right: a few replaced, inserted or removed. */
const damaged = encoded.chain(({ schema, bytes }) =>
  fc
    .array(
      fc.record({ at: fc.nat({ max: bytes.length }), remove: fc.nat({ max: 2 }), insert: fc.uint8Array({ maxLength: 2 }) }),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    .map((edits) => {
      const content = [...bytes]
      for (const { at, remove, insert } of edits) content.splice(at, remove, ...insert)
      return { schema, bytes: Uint8Array.from(content) }
    }),
)

test('what is encoded decodes to the same value, within the declared size', () => {
  fc.assert(
    fc.property(encoded, ({ schema, value, bytes }) => {
      // Not toStrictEqual, which takes a field named constructor for the real one.
      expect(isDeepStrictEqual(decode(schema, bytes), { ok: true, value })).toBe(true)
      expect(bytes.length).toBeGreaterThanOrEqual(schema.sizeMin)
      expect(bytes.length).toBeLessThanOrEqual(schema.sizeMax)
    }),
    { numRuns: 500 },
  )
})

test('every strict beginning of a message is refused, and so is a message with more behind it', () => {
  fc.assert(
    fc.property(encoded, fc.uint8Array({ minLength: 1, maxLength: 3 }), ({ schema, bytes }, more) => {
      for (let length = 0; length < bytes.length; length++) {
        expect(decode(schema, bytes.subarray(0, length))).toMatchObject({ ok: false, error: { code: 'CODEC_TRUNCATED' } })
      }
      expect(decode(schema, Uint8Array.of(...bytes, ...more)).ok).toBe(false)
    }),
  )
})

test('whatever is accepted is exactly what would have been encoded', () => {
  const anything = fc.record({ schema: arbitrarySchema(), bytes: fc.uint8Array({ maxLength: 64 }) })
  fc.assert(
    fc.property(fc.oneof(damaged, anything), ({ schema, bytes }) => {
      const decoded = decode(schema, bytes)
      if (decoded.ok) expect(encode(schema, decoded.value)).toStrictEqual(bytes)
      else expect(decoded.error.code).toMatch(/^CODEC_/)
    }),
    { numRuns: 2000 },
  )
})

test('a message with any header wider than needed is refused as non-canonical', () => {
  fc.assert(
    fc.property(encoded, fc.infiniteStream(fc.boolean()), ({ schema, value, bytes }, choices) => {
      const loose = looseEncoding(positional(schema, value), () => choices.next().value as boolean)
      if (loose.length === bytes.length) expect(loose).toStrictEqual(bytes)
      else if (loose.length <= schema.sizeMax) {
        expect(decode(schema, loose)).toMatchObject({ ok: false, error: { code: 'CODEC_NON_CANONICAL' } })
      } else expect(decode(schema, loose).ok).toBe(false)
    }),
    { numRuns: 500 },
  )
})

test('msgpackr reads our bytes as the same values', () => {
  const packr = new Packr({ useRecords: false, int64AsType: 'bigint' })
  fc.assert(
    fc.property(encoded, ({ schema, value, bytes }) => {
      expect(plain(packr.unpack(bytes))).toStrictEqual(plain(positional(schema, value)))
    }),
    { numRuns: 500 },
  )
})

test('generated code and closures do the same, refusals included', () => {
  expect(canGenerate).toBe(true)
  fc.assert(
    fc.property(fc.oneof(encoded, damaged), ({ schema, bytes }) => {
      const outcomes = [true, false].map((generated) => outcome(schema, bytes, generated))
      expect(isDeepStrictEqual(outcomes[0], outcomes[1])).toBe(true)
    }),
    { numRuns: 500 },
  )
})

function outcome(schema: Schema<unknown>, bytes: Uint8Array, generated: boolean): unknown {
  const reader: Reader = { bytes, buffer: bytes.buffer, base: bytes.byteOffset, offset: 0 }
  try {
    const value = compileDecoder(schema, 'root', generated)(reader)
    const writer = createWriter(16)
    compileEncoder(schema, 'root', generated)(writer, value)
    return {
      value,
      bytes: writer.bytes.slice(0, writer.offset),
      keys: JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}` : each)),
    }
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal)
    return { code: (error as Refusal).code, message: (error as Refusal).message, offset: reader.offset }
  }
}

/** The value as it stands on the wire: structs as arrays of their fields, absent as null, integers as bigints. */
function positional(schema: Schema<unknown>, value: unknown): unknown {
  const { shape } = schema
  const fieldsOf = (fields: readonly Field[]) =>
    fields.map((field) => positional(field.schema, (value as Record<string, unknown>)[field.name]))
  switch (shape.kind) {
    case 'list':
      return (value as unknown[]).map((item) => positional(shape.item, item))
    case 'optional':
      return value === undefined ? null : positional(shape.inner, value)
    case 'struct':
      return fieldsOf(shape.fields)
    case 'variant': {
      const chosen = shape.cases.find(({ name }) => name === (value as { type: string }).type)!
      return [BigInt(chosen.tag), ...fieldsOf(chosen.struct.fields)]
    }
    default:
      return typeof value === 'number' ? BigInt(value) : value
  }
}

/** Integers as bigints and byte strings as plain ones, so that two libraries' answers compare. */
function plain(value: unknown): unknown {
  if (typeof value === 'number') return BigInt(value)
  if (value instanceof Uint8Array) return Uint8Array.from(value)
  return Array.isArray(value) ? value.map(plain) : value
}

/** MessagePack as a careless library writes it: where `wider` says so, a header takes the next longer form. */
function looseEncoding(value: unknown, wider: () => boolean): Uint8Array {
  if (value === null) return Uint8Array.of(0xc0)
  if (typeof value === 'boolean') return Uint8Array.of(value ? 0xc3 : 0xc2)
  if (typeof value === 'bigint') {
    return looseHeader(
      value,
      [
        { least: 0, below: 0x80n, size: 0 },
        { least: 0xcc, size: 1 },
        { least: 0xcd, size: 2 },
        { least: 0xce, size: 4 },
        { least: 0xcf, size: 8 },
      ],
      wider,
    )
  }
  if (typeof value === 'string') {
    const content = new TextEncoder().encode(value)
    const forms = [
      { least: 0xa0, below: 32n, size: 0 },
      { least: 0xd9, size: 1 },
      { least: 0xda, size: 2 },
      { least: 0xdb, size: 4 },
    ]
    return joined([looseHeader(BigInt(content.length), forms, wider), content])
  }
  if (value instanceof Uint8Array) {
    const forms = [
      { least: 0xc4, size: 1 },
      { least: 0xc5, size: 2 },
      { least: 0xc6, size: 4 },
    ]
    return joined([looseHeader(BigInt(value.length), forms, wider), value])
  }
  const items = value as unknown[]
  const forms = [
    { least: 0x90, below: 16n, size: 0 },
    { least: 0xdc, size: 2 },
    { least: 0xdd, size: 4 },
  ]
  return joined([looseHeader(BigInt(items.length), forms, wider), ...items.map((item) => looseEncoding(item, wider))])
}

interface Form {
  /** The header byte; without further bytes the value is added to it. */
  readonly least: number
  readonly below?: bigint
  readonly size: number
}

function looseHeader(value: bigint, forms: readonly Form[], wider: () => boolean): Uint8Array {
  const shortest = forms.findIndex(({ below, size }) => value < (below ?? 1n << BigInt(8 * size)))
  const form = forms[shortest + (wider() && shortest + 1 < forms.length ? 1 : 0)]!
  if (form.size === 0) return Uint8Array.of(form.least + Number(value))
  const digits = Array.from({ length: form.size }, (_, index) => Number((value >> BigInt(8 * (form.size - 1 - index))) & 0xffn))
  return Uint8Array.of(form.least, ...digits)
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}
