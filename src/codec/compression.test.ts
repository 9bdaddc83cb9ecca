import { randomBytes } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Bytes, concatBytes, utf8 } from '../primitives/bytes.ts'
import { compress, compressibleBytesMax, compressibleBytesMin, declaredLength, decompress } from './compression.ts'
import { createCompressionHabit } from './compression-habit.ts'

/** Half of it repeats. */
function half(length: number): Bytes {
  return concatBytes(randomBytes(length / 2), utf8('0123456789'.repeat(length / 20)))
}

function packed(declared: number, frame: Bytes): Bytes {
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, declared)
  return concatBytes(length, frame)
}

const codeOf = (bytes: Bytes, bytesMax = 1 << 20, dictionary?: Bytes) => {
  const result = decompress(bytes, bytesMax, dictionary)
  return result.ok ? 'ok' : result.error.code
}

describe('compression', () => {
  it('gives back what it was given, and saves what it promises', () => {
    for (const length of [2_000, 64_000, 1_000_000]) {
      const message = half(length)
      const small = compress(message) as Bytes
      expect(small.length).toBeLessThan(length * 0.6)
      expect(declaredLength(small)).toBe(message.length)
      expect(decompress(small, message.length)).toEqual({ ok: true, value: Buffer.from(message) })
    }
  })

  it('leaves alone what is short, long, random, or suspiciously empty', () => {
    expect(compress(half(compressibleBytesMin - 24))).toBeUndefined()
    expect(compress(new Uint8Array(compressibleBytesMax + 1))).toBeUndefined()
    expect(compress(randomBytes(10_000))).toBeUndefined()
    expect(compress(new Uint8Array(1 << 20))).toBeUndefined()
  })

  it('reads a dictionary where it was used, and is refused without it', () => {
    const dictionary = randomBytes(600)
    const message = concatBytes(randomBytes(600), dictionary)
    const small = compress(message, dictionary) as Bytes
    expect(compress(message)).toBeUndefined()
    expect(decompress(small, 2_000, dictionary).ok).toBe(true)
    expect(codeOf(small, 2_000)).not.toBe('ok')
  })

  it.each([
    ['more than is allowed', packed(5_000, zstdCompressSync(half(5_000))), 4_999, 'DECOMPRESSION_BOMB'],
    ['more than was announced', packed(40_000, zstdCompressSync(half(50_000))), 1 << 20, 'DECOMPRESSION_BOMB'],
    ['a thousand times its length', packed(1 << 20, zstdCompressSync(new Uint8Array(1 << 20))), 1 << 20, 'DECOMPRESSION_BOMB'],
    ['a megabyte said to be small', packed(10_000, zstdCompressSync(new Uint8Array(1 << 20))), 1 << 20, 'DECOMPRESSION_BOMB'],
    ['less than was announced', packed(60_000, zstdCompressSync(half(50_000))), 1 << 20, 'COMPRESSION_BROKEN'],
    ['half a frame', packed(50_000, zstdCompressSync(half(50_000)).subarray(0, 20_000)), 1 << 20, 'COMPRESSION_BROKEN'],
    ['longer compressed than not', packed(10, zstdCompressSync(half(2_000))), 1 << 20, 'COMPRESSION_BROKEN'],
    ['no frame', packed(5_000, randomBytes(500)), 1 << 20, 'COMPRESSION_BROKEN'],
    ['nothing', new Uint8Array(0), 1 << 20, 'COMPRESSION_BROKEN'],
  ])('refuses %s', (_name, bytes, bytesMax, code) => {
    expect(codeOf(bytes, bytesMax)).toBe(code)
  })

  it('never throws, and never yields more than is allowed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 0, max: 60_000 }), (frame, declared) => {
        const result = decompress(packed(declared, frame), 30_000)
        if (result.ok) expect(result.value.length).toBeLessThanOrEqual(30_000)
      }),
    )
  })

  it('is not tried where it does not help, and again after a while, for ever longer', () => {
    const habit = createCompressionHabit()
    const tries = (messages: number, helps: boolean) => {
      let count = 0
      for (let index = 0; index < messages; index++) {
        if (!habit.isWorthTrying()) continue
        count += 1
        habit.tried(helps)
      }
      return count
    }
    expect(tries(100_000, false)).toBeLessThan(50)
    tries(5_000, true)
    expect(tries(1_000, true)).toBe(1_000)
    expect(tries(36, false)).toBe(4)
    expect(tries(1, false)).toBe(1)
  })
})
