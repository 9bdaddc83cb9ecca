import type { Entropy } from '../ports/entropy.ts'

/** Draws numbers from 0 to less than 1. */
export function chanceOf(entropy: Entropy): () => number {
  return () => {
    const [first = 0, second = 0, third = 0] = entropy.bytes(3)
    return (first * 65_536 + second * 256 + third) / 0x1_00_00_00
  }
}
