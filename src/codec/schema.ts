/**
 * Schemas: each message is declared once, and its type, encoder, decoder, size bound and documentation follow from that declaration.
 * A schema is immutable, finite (it cannot contain itself, so nesting is bounded by its text) and bounded in size.
 * Spec: docs/spec/wire.md.
 */
import { assert } from '../primitives/assert.ts'

declare const type: unique symbol

/** How values of `T` are encoded, and which values there are. Made by the functions below; opaque to everyone but the codec. */
export interface Schema<T> {
  readonly shape: Shape
  /** What the field or message means, for the generated wire reference. */
  readonly documentation: string
  /** Fewest and most bytes that an encoded value takes. */
  readonly sizeMin: number
  readonly sizeMax: number
  readonly [type]?: { readonly value: T }
}

/** The type of the values a schema describes. */
export type Infer<S> = S extends Schema<infer T> ? T : never

export type Shape =
  | { readonly kind: 'uint'; readonly max: number }
  | { readonly kind: 'u64' }
  | { readonly kind: 'bool' }
  | { readonly kind: 'bytes'; readonly min: number; readonly max: number }
  | { readonly kind: 'text'; readonly max: number }
  | ListShape
  | { readonly kind: 'optional'; readonly inner: Schema<unknown> }
  | StructShape
  | VariantShape
  | { readonly kind: 'literal'; readonly value: number }

export interface ListShape {
  readonly kind: 'list'
  readonly item: Schema<unknown>
  readonly min: number
  readonly max: number
}

export interface StructShape {
  readonly kind: 'struct'
  readonly name: string
  readonly fields: readonly Field[]
}

export interface Field {
  readonly name: string
  readonly schema: Schema<unknown>
}

export interface VariantShape {
  readonly kind: 'variant'
  readonly name: string
  readonly cases: readonly VariantCase[]
}

export interface VariantCase {
  readonly name: string
  readonly tag: number
  readonly struct: StructShape
  readonly documentation: string
}

type Fields = Readonly<Record<string, Schema<unknown>>>
type StructOf<F extends Fields> = { readonly [K in keyof F]: Infer<F[K]> }
type Cases = Readonly<Record<string, { readonly tag: number; readonly schema: Schema<object> }>>
type VariantOf<C extends Cases> = { [N in keyof C]: Flat<{ readonly type: N } & Infer<C[N]['schema']>> }[keyof C]
type Flat<T> = { [K in keyof T]: T[K] }

/** Most bytes of anything: MessagePack's 32-bit lengths. */
const lengthMax = 0xffff_ffff

/** A safe integer from 0 to `max`. */
export function uint(options: { readonly max?: number } = {}): Schema<number> {
  const max = options.max ?? Number.MAX_SAFE_INTEGER
  assert(isNatural(max), 'uint: max is not a safe integer')
  return schema({ kind: 'uint', max }, 1, integerSize(max))
}

/** An integer from 0 to 2⁶⁴ − 1. */
export function u64(): Schema<bigint> {
  return schema({ kind: 'u64' }, 1, 9)
}

export function bool(): Schema<boolean> {
  return schema({ kind: 'bool' }, 1, 1)
}

/** One fixed number: a version, for example. Every other is refused. */
export function literal<const N extends number>(value: N): Schema<N> {
  assert(isNatural(value), 'literal: not a natural number')
  return schema({ kind: 'literal', value }, integerSize(value), integerSize(value))
}

/** A byte string of a fixed length or within limits. `T` lets the caller brand it. */
export function bytes<T extends Uint8Array = Uint8Array>(
  options: { readonly length: number } | { readonly min?: number; readonly max: number },
): Schema<T> {
  const { min, max } =
    'length' in options ? { min: options.length, max: options.length } : { min: options.min ?? 0, max: options.max }
  assertLimits('bytes', min, max)
  return schema({ kind: 'bytes', min, max }, binaryHeaderSize(min) + min, binaryHeaderSize(max) + max)
}

/** A well-formed text of at most `max` bytes in UTF-8. No Unicode normalisation: what was sent is what is read. */
export function text(options: { readonly max: number }): Schema<string> {
  assertLimits('text', 0, options.max)
  return schema({ kind: 'text', max: options.max }, 1, textHeaderSize(options.max) + options.max)
}

/** `min` to `max` items. */
export function list<T>(item: Schema<T>, options: { readonly min?: number; readonly max: number }): Schema<readonly T[]> {
  const min = options.min ?? 0
  const { max } = options
  assertLimits('list', min, max)
  return schema(
    { kind: 'list', item, min, max },
    arrayHeaderSize(min) + min * item.sizeMin,
    arrayHeaderSize(max) + max * item.sizeMax,
  )
}

/** The inner value, or `undefined`, encoded as nil. */
export function optional<T>(inner: Schema<T>): Schema<T | undefined> {
  assert(inner.shape.kind !== 'optional', 'optional: an optional of an optional has two ways to be absent')
  return schema({ kind: 'optional', inner }, 1, inner.sizeMax)
}

/** An array of its fields in declared order. */
export function struct<const F extends Fields>(name: string, fields: F): Schema<StructOf<F>> {
  assertName(name, /^[A-Z][A-Za-z0-9]*$/)
  const declared: Field[] = []
  for (const field of Object.keys(fields)) {
    assertName(field, /^[a-z][A-Za-z0-9]*$/)
    declared.push({ name: field, schema: fields[field] as Schema<unknown> })
  }
  assert(declared.length <= fieldsMax, `${name}: too many fields`)
  const shape: StructShape = { kind: 'struct', name, fields: declared }
  return schema(shape, fieldsSize(shape, 0, 'sizeMin'), fieldsSize(shape, 0, 'sizeMax'))
}

/** One of several structs, told apart by a tag: an array of the tag and the chosen struct's fields. */
export function variant<const C extends Cases>(name: string, cases: C): Schema<VariantOf<C>> {
  assertName(name, /^[A-Z][A-Za-z0-9]*$/)
  const declared: VariantCase[] = []
  let [sizeMin, sizeMax] = [Number.POSITIVE_INFINITY, 0]
  for (const caseName of Object.keys(cases)) {
    assertName(caseName, /^[a-z][A-Za-z0-9-]*$/)
    const { tag, schema: inner } = cases[caseName] as Cases[string]
    assert(tag >= 0 && tag <= tagMax && isNatural(tag), `${name}.${caseName}: a tag is 0 to ${tagMax}`)
    assert(!declared.some((other) => other.tag === tag), `${name}.${caseName}: tag ${tag} is taken`)
    assert(inner.shape.kind === 'struct', `${name}.${caseName}: not a struct`)
    assert(!inner.shape.fields.some((field) => field.name === 'type'), `${name}.${caseName}: a case has a field named type`)
    declared.push({ name: caseName, tag, struct: inner.shape, documentation: inner.documentation })
    sizeMin = Math.min(sizeMin, fieldsSize(inner.shape, 1, 'sizeMin'))
    sizeMax = Math.max(sizeMax, fieldsSize(inner.shape, 1, 'sizeMax'))
  }
  assert(declared.length > 0, `${name}: no cases`)
  return schema({ kind: 'variant', name, cases: declared }, sizeMin, sizeMax)
}

/** The same schema with an explanation for the generated wire reference. The wire format does not change. */
export function documented<T>(inner: Schema<T>, documentation: string): Schema<T> {
  return Object.freeze({ ...inner, documentation })
}

/** Most bytes an encoded value of this schema takes. */
export function sizeMax(of: Schema<unknown>): number {
  return of.sizeMax
}

/** The declared name of a struct or variant, or the kind of anything else. */
export function nameOf(schema: Schema<unknown>): string {
  return 'name' in schema.shape ? schema.shape.name : schema.shape.kind
}

/** Tags are single bytes on the wire: MessagePack's positive fixint. */
export const tagMax = 127
const fieldsMax = 64

function schema<T>(shape: Shape, sizeMin: number, sizeMax: number): Schema<T> {
  assert(Number.isSafeInteger(sizeMax), 'a schema has no bound in size')
  return Object.freeze({ shape: Object.freeze(shape), documentation: '', sizeMin, sizeMax })
}

/** Bytes of a struct's array, its header and `tags` single-byte tags included. */
function fieldsSize(shape: StructShape, tags: number, bound: 'sizeMin' | 'sizeMax'): number {
  let size = arrayHeaderSize(tags + shape.fields.length) + tags
  for (const field of shape.fields) size += field.schema[bound]
  return size
}

function integerSize(value: number): number {
  return value < 0x80 ? 1 : value < 0x100 ? 2 : value < 0x1_0000 ? 3 : value < 0x1_0000_0000 ? 5 : 9
}

function binaryHeaderSize(length: number): number {
  return length < 0x100 ? 2 : length < 0x1_0000 ? 3 : 5
}

function textHeaderSize(length: number): number {
  return length < 32 ? 1 : binaryHeaderSize(length)
}

function arrayHeaderSize(length: number): number {
  return length < 16 ? 1 : length < 0x1_0000 ? 3 : 5
}

function assertLimits(what: string, min: number, max: number): void {
  assert(isNatural(min) && isNatural(max) && min <= max && max <= lengthMax, `${what}: limits are not 0 ≤ min ≤ max < 2³²`)
}

function assertName(name: string, pattern: RegExp): void {
  assert(pattern.test(name) && name !== '__proto__', `not a name for the wire: ${name}`)
}

function isNatural(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
