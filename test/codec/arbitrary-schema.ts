import fc from 'fast-check'
import type { Field, Schema } from '../../src/codec/schema.ts'
import * as s from '../../src/codec/schema.ts'

/** Any schema, of limited depth, with names that are hard on generated code. */
export function arbitrarySchema(depth = 3): fc.Arbitrary<Schema<unknown>> {
  const leaves: fc.Arbitrary<Schema<unknown>>[] = [
    fc
      .constantFrom(0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER)
      .map((max) => s.uint({ max })),
    fc.constant(s.u64()),
    fc.constant(s.bool()),
    limits(300).map((limit) => s.bytes(limit)),
    fc.nat({ max: 32 }).map((length) => s.bytes({ length })),
    fc.nat({ max: 300 }).map((max) => s.text({ max })),
    fc.constantFrom(0, 1, 127, 128, 2 ** 40).map((value) => s.literal(value)),
  ]
  if (depth === 0) return fc.oneof(...leaves)
  const inner = arbitrarySchema(depth - 1)
  return fc.oneof(
    ...leaves,
    fc.tuple(inner, limits(20)).map(([item, limit]) => s.list(item, limit)),
    inner.filter(({ shape }) => shape.kind !== 'optional').map((present) => s.optional(present)),
    arbitraryStruct(inner),
    fc
      .uniqueArray(fc.tuple(fc.nat({ max: s.tagMax }), arbitraryStruct(inner)), {
        minLength: 1,
        maxLength: 4,
        selector: ([tag]) => tag,
      })
      .map((cases) => s.variant('Choice', Object.fromEntries(cases.map(([tag, schema]) => [`case-${tag}`, { tag, schema }])))),
  )
}

function arbitraryStruct(inner: fc.Arbitrary<Schema<unknown>>): fc.Arbitrary<Schema<object>> {
  const names = fc.constantFrom('constructor', 'default', 'hasOwnProperty', 'reader', 'run0', 'toString', 'x', 'y1', 'writer')
  return fc
    .uniqueArray(fc.tuple(names, inner), { maxLength: 9, selector: ([name]) => name })
    .map((fields) => s.struct('Record', Object.fromEntries(fields)))
}

function limits(most: number): fc.Arbitrary<{ min: number; max: number }> {
  return fc.tuple(fc.nat({ max: most }), fc.nat({ max: most })).map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }))
}

/** Any value of a schema, with a preference for the edges of its limits. */
export function arbitraryValue(schema: Schema<unknown>): fc.Arbitrary<unknown> {
  const { shape } = schema
  switch (shape.kind) {
    case 'uint':
      return fc.oneof(
        fc.nat({ max: Math.min(shape.max, 2 ** 31 - 1) }),
        edges(2 ** 53 - 1).filter((value) => value <= shape.max),
      )
    case 'u64':
      return fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), edges(2 ** 53).map(BigInt), fc.constant(2n ** 64n - 1n))
    case 'bool':
      return fc.boolean()
    case 'literal':
      return fc.constant(shape.value)
    case 'bytes':
      return fc.uint8Array({ minLength: shape.min, maxLength: shape.max })
    case 'text':
      return fc.string({ unit: 'grapheme', maxLength: shape.max }).map((text) => truncatedTo(shape.max, text))
    case 'list':
      return fc.array(arbitraryValue(shape.item), { minLength: shape.min, maxLength: shape.max })
    case 'optional':
      return fc.oneof(fc.constant(undefined), arbitraryValue(shape.inner))
    case 'struct':
      return arbitraryFields(shape.fields)
    case 'variant':
      return fc.oneof(
        ...shape.cases.map(({ name, struct }) => arbitraryFields(struct.fields).map((rest) => ({ type: name, ...rest }))),
      )
  }
}

function arbitraryFields(fields: readonly Field[]): fc.Arbitrary<object> {
  return fc.tuple(...fields.map(({ schema }) => arbitraryValue(schema))).map((values) =>
    // Own keys of an ordinary object, whatever they are called.
    Object.fromEntries(fields.map(({ name }, index) => [name, values[index]])),
  )
}

/** Numbers around which the encoding changes its form. */
function edges(max: number): fc.Arbitrary<number> {
  const turns = [0, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 0xffff_ffff, 0x1_0000_0000, 2 ** 52, 2 ** 53 - 1, 2 ** 53]
  return fc.constantFrom(...turns.filter((value) => value <= max))
}

function truncatedTo(bytesMax: number, text: string): string {
  let kept = ''
  for (const character of text) {
    if (Buffer.byteLength(kept + character) > bytesMax) break
    kept += character
  }
  return kept.isWellFormed() ? kept : ''
}
