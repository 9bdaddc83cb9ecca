import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, describe as group, test } from 'vitest'
import { AssertionError } from '../primitives/assert.ts'
import { fromHex, toHex } from '../primitives/bytes.ts'
import type { RejectionCode } from '../primitives/error-catalogue.ts'
import { decode, encode } from './codec.ts'
import { bool, bytes, type Infer, list, literal, optional, type Schema, struct, text, u64, uint, variant } from './schema.ts'

const point = struct('Point', { x: uint({ max: 9 }), y: optional(uint()) })
const shape = variant('Shape', {
  dot: { tag: 1, schema: struct('Dot', { at: point }) },
  empty: { tag: 7, schema: struct('Empty', {}) },
})

/** From the MessagePack specification, by hand. */
const encodings: readonly [schema: Schema<unknown>, value: unknown, hex: string][] = [
  [uint(), 0, '00'],
  [uint(), 127, '7f'],
  [uint(), 128, 'cc80'],
  [uint(), 255, 'ccff'],
  [uint(), 256, 'cd0100'],
  [uint(), 65_535, 'cdffff'],
  [uint(), 65_536, 'ce00010000'],
  [uint(), 2 ** 32 - 1, 'ceffffffff'],
  [uint(), 2 ** 32, 'cf0000000100000000'],
  [uint(), Number.MAX_SAFE_INTEGER, 'cf001fffffffffffff'],
  [u64(), 0n, '00'],
  [u64(), 65_536n, 'ce00010000'],
  [u64(), 2n ** 53n + 1n, 'cf0020000000000001'],
  [u64(), 2n ** 64n - 1n, 'cfffffffffffffffff'],
  [bool(), false, 'c2'],
  [bool(), true, 'c3'],
  [literal(3), 3, '03'],
  [literal(300), 300, 'cd012c'],
  [bytes({ max: 4 }), new Uint8Array(0), 'c400'],
  [bytes({ length: 3 }), Uint8Array.of(1, 2, 3), 'c403010203'],
  [bytes({ max: 256 }), new Uint8Array(256), `c50100${'00'.repeat(256)}`],
  [bytes({ max: 65_536 }), new Uint8Array(65_536), `c600010000${'00'.repeat(65_536)}`],
  [text({ max: 9 }), '', 'a0'],
  [text({ max: 9 }), 'añ€😀'.slice(0, 3), 'a661c3b1e282ac'],
  [text({ max: 9 }), '\ufeffa', 'a4efbbbf61'],
  [text({ max: 40 }), 'b'.repeat(32), `d920${'62'.repeat(32)}`],
  [text({ max: 256 }), 'b'.repeat(256), `da0100${'62'.repeat(256)}`],
  [text({ max: 65_536 }), 'b'.repeat(65_536), `db00010000${'62'.repeat(65_536)}`],
  [list(bool(), { max: 2 }), [true, false], '92c3c2'],
  [list(bool(), { max: 16 }), new Array(16).fill(true), `dc0010${'c3'.repeat(16)}`],
  [list(bool(), { max: 65_536 }), new Array(65_536).fill(true), `dd00010000${'c3'.repeat(65_536)}`],
  [optional(bool()), undefined, 'c0'],
  [optional(bool()), true, 'c3'],
  [point, { x: 1, y: undefined }, '9201c0'],
  [shape, { type: 'dot', at: { x: 1, y: 2 } }, '9201920102'],
  [shape, { type: 'empty' }, '9107'],
]

test('values have the encodings of the specification, and no other', () => {
  for (const [schema, value, hex] of encodings) {
    expect(toHex(encode(schema, value))).toBe(hex)
    expect(decode(schema, hexBytes(hex))).toStrictEqual({ ok: true, value })
    expect(decode(schema, hexBytes(`${hex}00`)).ok).toBe(false)
    expect(decode(schema, hexBytes(hex).subarray(1)).ok).toBe(false)
  }
})

const refusals: readonly [schema: Schema<unknown>, hex: string, code: RejectionCode, why: string][] = [
  [uint(), '', 'CODEC_TRUNCATED', 'nothing at all'],
  [uint(), 'cd01', 'CODEC_TRUNCATED', 'half a number'],
  [uint(), 'cf00000001000000', 'CODEC_TRUNCATED', 'seven eighths of a number'],
  [uint(), '0001', 'CODEC_TRAILING', 'two numbers'],
  [uint(), 'cc7f', 'CODEC_NON_CANONICAL', '127 in two bytes'],
  [uint(), 'cd00ff', 'CODEC_NON_CANONICAL', '255 in three bytes'],
  [uint(), 'ce0000ffff', 'CODEC_NON_CANONICAL', '65,535 in five bytes'],
  [uint(), 'cf00000000ffffffff', 'CODEC_NON_CANONICAL', '2³² − 1 in nine bytes'],
  [uint(), 'ff', 'CODEC_TYPE', '−1'],
  [uint(), 'd07f', 'CODEC_TYPE', 'a signed form of 127'],
  [uint(), 'cb3ff0000000000000', 'CODEC_TYPE', '1 as a float'],
  [uint(), 'c0', 'CODEC_TYPE', 'nil'],
  [uint(), 'cf0020000000000000', 'CODEC_LIMIT', '2⁵³, the first unsafe integer'],
  [uint(), 'cfffffffffffffffff', 'CODEC_LIMIT', '2⁶⁴ − 1'],
  [uint({ max: 2 }), '03', 'CODEC_LIMIT', 'one more than the limit'],
  [u64(), 'd3ffffffffffffffff', 'CODEC_TYPE', '−1 in 64 bits'],
  [u64(), 'cf00000000ffffffff', 'CODEC_NON_CANONICAL', '2³² − 1 in nine bytes'],
  [bool(), '01', 'CODEC_TYPE', '1 for true'],
  [literal(3), '04', 'CODEC_TYPE', 'another number'],
  [bytes({ max: 4 }), 'a100', 'CODEC_TYPE', 'a text for bytes'],
  [bytes({ max: 4 }), 'c70000', 'CODEC_TYPE', 'an extension type'],
  [bytes({ max: 4 }), 'c5000100', 'CODEC_NON_CANONICAL', 'a length of 1 in two bytes'],
  [bytes({ max: 4 }), 'c6000000010000', 'CODEC_LIMIT', 'longer than any value of the schema'],
  [bytes({ max: 9 }), 'c60000000100', 'CODEC_NON_CANONICAL', 'a length of 1 in four bytes'],
  [bytes({ max: 4 }), 'c405', 'CODEC_LIMIT', 'five bytes announced'],
  [bytes({ length: 4 }), 'c403010203', 'CODEC_LIMIT', 'too short'],
  [bytes({ max: 4 }), 'c40401', 'CODEC_TRUNCATED', 'four bytes announced, one there'],
  [bytes({ max: 2 ** 32 - 1 }), 'c6ffffffff', 'CODEC_TRUNCATED', 'four gigabytes announced'],
  [bytes({ max: 300 }), 'c500ff', 'CODEC_NON_CANONICAL', 'a length of 255 in two bytes'],
  [bytes({ max: 65_536 }), 'c60000ffff', 'CODEC_NON_CANONICAL', 'a length of 65,535 in four bytes'],
  [text({ max: 300 }), 'd91f', 'CODEC_NON_CANONICAL', 'a length of 31 in a byte of its own'],
  [text({ max: 300 }), 'da00ff', 'CODEC_NON_CANONICAL', 'a length of 255 in two bytes'],
  [text({ max: 65_536 }), 'db0000ffff', 'CODEC_NON_CANONICAL', 'a length of 65,535 in four bytes'],
  [list(bool(), { max: 65_536 }), 'dd0000ffff', 'CODEC_NON_CANONICAL', 'a count of 65,535 in four bytes'],
  [text({ max: 4 }), 'c40161', 'CODEC_TYPE', 'bytes for a text'],
  [text({ max: 4 }), 'd90161', 'CODEC_NON_CANONICAL', 'a length of 1 in a byte of its own'],
  [text({ max: 4 }), 'a6616161616161', 'CODEC_LIMIT', 'too long'],
  [text({ max: 4 }), 'a2c080', 'CODEC_TEXT', 'an overlong zero'],
  [text({ max: 4 }), 'a3eda080', 'CODEC_TEXT', 'a lone surrogate'],
  [text({ max: 4 }), 'a1e2', 'CODEC_TEXT', 'a third of a character'],
  [text({ max: 4 }), 'a4f4908080', 'CODEC_TEXT', 'beyond Unicode'],
  [list(bool(), { max: 2 }), '93c2c2c2', 'CODEC_LIMIT', 'one item more'],
  [list(bool(), { min: 1, max: 2 }), '90', 'CODEC_LIMIT', 'one item fewer'],
  [list(bool(), { max: 20 }), 'dc000fc2', 'CODEC_NON_CANONICAL', 'a count of 15 in two bytes'],
  [list(bool(), { max: 2 ** 32 - 1 }), 'ddffffffff', 'CODEC_TRUNCATED', 'four thousand million items announced'],
  [list(bool(), { max: 2 }), '80', 'CODEC_TYPE', 'a map'],
  [optional(bool()), 'c1', 'CODEC_TYPE', 'the byte that MessagePack never uses'],
  [point, '9101', 'CODEC_TYPE', 'a field missing'],
  [point, '93010203', 'CODEC_TYPE', 'a field too many'],
  [point, '820102', 'CODEC_TYPE', 'a map'],
  [shape, '90', 'CODEC_TYPE', 'no tag'],
  [shape, '9102', 'CODEC_TAG', 'an unknown tag'],
  [shape, '91cc80', 'CODEC_TAG', 'a tag above all tags'],
  [shape, '920700', 'CODEC_TYPE', 'a field too many'],
]

test.each(refusals.map(([schema, hex, code, why]) => ({ schema, hex, code, why })))('$code: $why', ({ schema, hex, code }) => {
  expect(decode(schema, hexBytes(hex))).toMatchObject({ ok: false, error: { code } })
})

test('a refusal names the field and the place', () => {
  const outer = struct('Outer', { shapes: list(shape, { max: 3 }) })
  expect(decode(outer, hexBytes('91929107920192ff01'))).toStrictEqual({
    ok: false,
    error: { code: 'CODEC_TYPE', detail: 'Outer.shapes[]<dot>.at.x at byte 7: 255 does not begin an unsigned integer' },
  })
})

const misfits: readonly [schema: Schema<unknown>, value: unknown][] = [
  [uint(), -1],
  [uint(), -0.5],
  [uint(), 1.5],
  [uint(), Number.NaN],
  [uint(), Number.POSITIVE_INFINITY],
  [uint(), 2 ** 53],
  [uint(), 1n],
  [uint(), '1'],
  [u64(), 1],
  [u64(), -1n],
  [u64(), 2n ** 64n],
  [bool(), 1],
  [literal(3), 4],
  [bytes({ length: 2 }), Uint8Array.of(1)],
  [bytes({ max: 2 }), new Uint8Array(3)],
  [bytes({ max: 2 }), [1, 2]],
  [bytes({ max: 2 }), 'ab'],
  [text({ max: 3 }), 'abcd'],
  [text({ max: 3 }), '€€'],
  [text({ max: 3 }), '\ud800'],
  [list(bool(), { max: 1 }), [true, true]],
  [list(bool(), { max: 1 }), [1]],
  [list(bool(), { max: 1 }), new Set()],
  [optional(bool()), null],
  [point, null],
  [point, { y: 1 }],
  [shape, { type: 'square' }],
  [shape, { type: 'toString' }],
]

test('a value that does not fit its schema is our own bug', () => {
  for (const [schema, value] of misfits) expect(() => encode(schema, value)).toThrow(AssertionError)
  // The next message is not touched by one that failed half-way.
  expect(toHex(encode(point, { x: 1, y: 2 }))).toBe('920102')
})

test('minus zero is zero', () => {
  expect(toHex(encode(uint(), -0))).toBe('00')
})

group('byte strings', () => {
  const blob = bytes({ max: 100 })

  test('are views of the message that was decoded, as plain arrays', () => {
    const message = Buffer.from('c402abcd', 'hex')
    const decoded = decode(blob, message)
    message[2] = 0
    expect(decoded).toStrictEqual({ ok: true, value: Uint8Array.of(0, 0xcd) })
  })

  test('are copied when encoded: neither the value nor a later message reaches into an earlier one', () => {
    const value = Uint8Array.of(1, 2, 3)
    const encoded = encode(blob, value)
    value.fill(9)
    encode(blob, value)
    expect(toHex(encoded)).toBe('c403010203')
    expect(encoded.buffer.byteLength).toBe(encoded.length)
  })

  test('in the middle of a larger buffer are found', () => {
    const buffer = hexBytes('ffffc40101ff')
    expect(decode(blob, buffer.subarray(2, 5))).toStrictEqual({ ok: true, value: Uint8Array.of(1) })
  })
})

test('no room is made for items that cannot be there', () => {
  const pairs = list(struct('Pair', { left: u64(), right: u64() }), { max: 2 ** 32 - 1 })
  expect(decode(pairs, hexBytes('dd0010000092010292'))).toStrictEqual({
    ok: false,
    error: { code: 'CODEC_TRUNCATED', detail: 'list at byte 5: 1048576 items are announced, 4 bytes are left' },
  })
})

test('nesting is as deep as the schema and no deeper', () => {
  let nested: Schema<unknown> = bool()
  for (let depth = 0; depth < 200; depth++) nested = list(nested, { max: 1 })
  const message = new Uint8Array(201).fill(0x91)
  message[200] = 0xc3
  expect(decode(nested, message).ok).toBe(true)
  expect(decode(nested, new Uint8Array(1 << 20).fill(0x91))).toMatchObject({ ok: false, error: { code: 'CODEC_LIMIT' } })
  expect(decode(list(bool(), { max: 2 ** 31 }), new Uint8Array(1 << 20).fill(0x91)).ok).toBe(false)
})

test('a message beyond the size of its schema is refused unread', () => {
  expect(decode(point, new Uint8Array(1 << 20).fill(0x92))).toStrictEqual({
    ok: false,
    error: { code: 'CODEC_LIMIT', detail: '1048576 bytes, no Point has more than 11' },
  })
})

test('where code may not be generated, as in a page with a strict policy, the same comes out', () => {
  const file = (name: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, name)).href)
  const script = `
    const { canGenerate } = await import(${file('record.ts')})
    const { decode, encode } = await import(${file('codec.ts')})
    const { optional, struct, uint } = await import(${file('schema.ts')})
    const point = struct('Point', { x: uint({ max: 9 }), y: optional(uint()) })
    const encoded = encode(point, { x: 1, y: undefined })
    console.log(JSON.stringify({ canGenerate, encoded: [...encoded], decoded: decode(point, encoded) }))`
  const options = ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', script]
  expect(JSON.parse(execFileSync(process.execPath, options, { encoding: 'utf8' }))).toStrictEqual({
    canGenerate: false,
    encoded: [0x92, 1, 0xc0],
    decoded: { ok: true, value: { x: 1 } },
  })
})

test('schemas are declared without contradictions', () => {
  const wrong = [
    () => uint({ max: 1.5 }),
    () => uint({ max: -1 }),
    () => literal(-1),
    () => bytes({ length: -1 }),
    () => bytes({ min: 3, max: 2 }),
    () => bytes({ max: 2 ** 32 }),
    () => text({ max: Number.NaN }),
    () => list(bytes({ max: 2 ** 32 - 1 }), { max: 2 ** 32 - 1 }),
    () => optional(optional(bool())),
    () => struct('lower', {}),
    () => struct('Record', { 'not a name': bool() }),
    () => struct('Record', { __proto__x: bool() }),
    () => struct('Record', { '1': bool() }),
    () => variant('None', {}),
    () => variant('Twice', { a: { tag: 1, schema: struct('A', {}) }, b: { tag: 1, schema: struct('B', {}) } }),
    () => variant('Far', { a: { tag: 128, schema: struct('A', {}) } }),
    () => variant('Taken', { a: { tag: 1, schema: struct('A', { type: bool() }) } }),
    () => variant('Other', { a: { tag: 1, schema: list(bool(), { max: 1 }) } }),
  ]
  for (const declare of wrong) expect(declare).toThrow(AssertionError)
})

test('types follow from declarations', () => {
  const value: Infer<typeof shape> = { type: 'dot', at: { x: 1, y: undefined } }
  const encoded = encode(shape, value)
  const decoded = decode(shape, encoded)
  if (decoded.ok && decoded.value.type === 'dot') expect(decoded.value.at.x satisfies number).toBe(1)
  // @ts-expect-error a field that the schema does not have
  expect(toHex(encode(point, { x: 1, y: 2, z: 3 }))).toBe('920102')
  // @ts-expect-error no such case
  expect(() => encode(shape, { type: 'square' })).toThrow(AssertionError)
})

function hexBytes(hex: string): Uint8Array {
  return fromHex(hex) as Uint8Array
}
