import type { Entropy } from '../ports/entropy.ts'

/** A seeded stream of chance (SplitMix64). Each part of the world draws from its own stream, so that a new fault moves no other. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number
  /** A whole number from 0 to `bound` − 1. */
  below(bound: number): number
  chance(probability: number): boolean
  between(low: number, high: number): number
  pick<T>(items: readonly T[]): T
  /** An independent stream. */
  fork(name: string): Random
}

const mask = (1n << 64n) - 1n

export function createRandom(seed: bigint): Random {
  let state = seed & mask

  function word(): bigint {
    state = (state + 0x9e3779b97f4a7c15n) & mask
    let mixed = state
    mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n) & mask
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & mask
    return mixed ^ (mixed >> 31n)
  }

  const random: Random = {
    next: () => Number(word() >> 11n) / 2 ** 53,
    below: (bound) => Math.floor(random.next() * bound),
    chance: (probability) => random.next() < probability,
    between: (low, high) => low + random.next() * (high - low),
    pick: (items) => items[random.below(items.length)] as (typeof items)[number],
    fork(name) {
      let folded = seed
      for (const character of name) folded = ((folded ^ BigInt(character.codePointAt(0) as number)) * 0x100000001b3n) & mask
      return createRandom(folded)
    },
  }
  return random
}

export function createSimulatedEntropy(random: Random): Entropy {
  return {
    bytes(length) {
      const bytes = new Uint8Array(length)
      for (let index = 0; index < length; index++) bytes[index] = random.below(256)
      return bytes
    },
  }
}
