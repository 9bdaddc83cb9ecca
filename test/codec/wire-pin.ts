import { createHash } from 'node:crypto'
import { encode } from '../../src/codec/codec.ts'
import { describe } from '../../src/codec/describe.ts'
import type { Field, Schema } from '../../src/codec/schema.ts'

/**
 * Two hashes that change when a wire format does: of the schema's description, and of the encodings of sample values. The first
 * tells that the declaration changed, the second, alone, that the codec did.
 */
export function wirePin(schema: Schema<unknown>): string {
  const random = xorshift(0x5eed)
  const encodings = createHash('sha256')
  for (let sample = 0; sample < 32; sample++) encodings.update(encode(schema, sampleValue(schema, random)))
  const description = createHash('sha256').update(describe(schema)).digest('hex')
  return `${description.slice(0, 16)} ${encodings.digest('hex').slice(0, 16)}`
}

/** A number from 0 to `below` − 1. */
type Random = (below: number) => number

/** Marsaglia's xorshift32: written out here, because a pin must outlive any library's generator. */
function xorshift(seed: number): Random {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** A value of the schema; lists and byte strings stay short where limits allow. */
function sampleValue(schema: Schema<unknown>, random: Random): unknown {
  const { shape } = schema
  switch (shape.kind) {
    case 'uint':
      return sampleInteger(random, 53) % (shape.max + 1)
    case 'u64':
      return BigInt(sampleInteger(random, 53)) * BigInt(1 + random(2 ** 11))
    case 'bool':
      return random(2) === 1
    case 'literal':
      return shape.value
    case 'bytes':
      return Uint8Array.from({ length: sampleLength(shape, random, 300) }, () => random(256))
    case 'text':
      return 'aé€😀'
        .repeat(random(40))
        .slice(0, Math.floor(Math.min(shape.max, 300) / 3))
        .replace(/[\ud800-\udbff]$/, '')
    case 'list':
      return Array.from({ length: sampleLength(shape, random, 4) }, () => sampleValue(shape.item, random))
    case 'optional':
      return random(2) === 1 ? sampleValue(shape.inner, random) : undefined
    case 'struct':
      return sampleFields(shape.fields, random)
    case 'variant': {
      const chosen = shape.cases[random(shape.cases.length)]!
      return { type: chosen.name, ...sampleFields(chosen.struct.fields, random) }
    }
  }
}

function sampleFields(fields: readonly Field[], random: Random): Record<string, unknown> {
  return Object.fromEntries(fields.map(({ name, schema }) => [name, sampleValue(schema, random)]))
}

/** As likely short as long: every form of integer occurs. */
function sampleInteger(random: Random, bitsMax: number): number {
  return (random(2 ** 26) * 2 ** 27 + random(2 ** 27)) % 2 ** random(bitsMax + 1)
}

function sampleLength({ min, max }: { readonly min: number; readonly max: number }, random: Random, usually: number): number {
  return min + random(Math.min(max - min, usually) + 1)
}
