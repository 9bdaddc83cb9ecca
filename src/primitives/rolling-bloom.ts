import { assert } from './assert.ts'
import type { Bytes } from './bytes.ts'

/**
 * A set that forgets: Bloom filters of three generations, of which the oldest is dropped when the youngest is full. At least the last
 * `capacity` keys are known for certain; a key that was never added is taken for known with the given probability at most. Positions
 * depend on a salt, so that who chooses keys cannot choose them to fill the filter. Indices by double hashing (Kirsch, Mitzenmacher:
 * "Less Hashing, Same Performance", 2006).
 */
export interface RollingBloom {
  add(key: Bytes): void
  has(key: Bytes): boolean
  /** What it takes in memory, whatever is added. */
  readonly bytes: number
}

export interface RollingBloomOptions {
  readonly capacity: number
  /** Between 0 and 1. */
  readonly falsePositiveRate: number
  /** At least eight unpredictable bytes. */
  readonly salt: Bytes
}

const generationCount = 3

export function createRollingBloom({ capacity, falsePositiveRate, salt }: RollingBloomOptions): RollingBloom {
  assert(Number.isSafeInteger(capacity) && capacity > 0, 'a Bloom filter holds at least one key')
  assert(falsePositiveRate > 0 && falsePositiveRate < 1, 'a false-positive rate lies between 0 and 1')
  assert(salt.length >= 8, 'a salt has at least eight bytes')
  // The two older generations together hold the capacity; each may err a third of the time that all may.
  const perGeneration = Math.ceil(capacity / (generationCount - 1))
  const bitsPerKey = -Math.log2(falsePositiveRate / generationCount) / Math.LN2
  const words = Math.ceil((perGeneration * bitsPerKey) / 32)
  const probes = Math.max(1, Math.round(bitsPerKey * Math.LN2))
  const seeds = new DataView(salt.buffer, salt.byteOffset)
  const [first, second] = [seeds.getUint32(0), seeds.getUint32(4)]
  let generations = Array.from({ length: generationCount }, () => new Uint32Array(words))
  let added = 0

  /** Whether all of the key's bits are set in a generation. */
  function holds(generation: Uint32Array, base: number, step: number): boolean {
    for (let probe = 0; probe < probes; probe++) {
      const bit = (base + probe * step) % (words * 32)
      if ((((generation[bit >>> 5] as number) >>> (bit & 31)) & 1) === 0) return false
    }
    return true
  }

  return {
    bytes: generationCount * words * 4,
    add(key) {
      const base = hashOf(key, first)
      const step = hashOf(key, second) | 1
      if (holds(generations[0] as Uint32Array, base, step >>> 0)) return
      if (added === perGeneration) {
        generations = [new Uint32Array(words), ...generations.slice(0, -1)]
        added = 0
      }
      added += 1
      const youngest = generations[0] as Uint32Array
      for (let probe = 0; probe < probes; probe++) {
        const bit = (base + probe * (step >>> 0)) % (words * 32)
        youngest[bit >>> 5] = (youngest[bit >>> 5] as number) | (1 << (bit & 31))
      }
    },
    has(key) {
      const base = hashOf(key, first)
      const step = (hashOf(key, second) | 1) >>> 0
      return generations.some((generation) => holds(generation, base, step))
    },
  }
}

/** MurmurHash3 of the key, 32 bits. Not for strangers who know the seed. */
function hashOf(key: Bytes, seed: number): number {
  let hash = seed
  for (let start = 0; start < key.length; start += 4) {
    let word = 0
    for (let index = start; index < Math.min(start + 4, key.length); index++) word = (word << 8) | (key[index] as number)
    word = Math.imul(word, 0xcc9e_2d51)
    word = Math.imul((word << 15) | (word >>> 17), 0x1b87_3593)
    hash ^= word
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe654_6b64) | 0
  }
  hash ^= key.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
