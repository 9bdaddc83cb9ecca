import { describe, expect, it } from 'vitest'
import { slopeOf } from './slope.ts'

/** A generator of Lehmer's, so that the noise is the same each time. */
function noise(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647 - 0.5
  }
}

const points = (count: number, y: (x: number) => number) => Array.from({ length: count }, (_, x) => ({ x, y: y(x) }))

describe('a slope', () => {
  it('of a line is that of the line, for certain', () => {
    const { slope, margin } = slopeOf(points(100, (x) => 7 + 3 * x))
    expect(slope).toBeCloseTo(3)
    expect(margin).toBeLessThan(1e-6)
  })

  it('is found in noise, and not where there is none', () => {
    const random = noise(1)
    const rising = slopeOf(points(100, (x) => 0.2 * x + 10 * random()))
    const flat = slopeOf(points(100, () => 10 * random()))
    expect(rising.slope - rising.margin).toBeGreaterThan(0)
    expect(flat.slope - flat.margin).toBeLessThan(0)
    expect(flat.slope + flat.margin).toBeGreaterThan(0)
  })

  it('is called zero by its interval in most of many flat walks, though each sample follows the one before', () => {
    const random = noise(2)
    let mistakes = 0
    for (let run = 0; run < 200; run++) {
      let level = 0
      const { slope, margin } = slopeOf(points(80, () => (level = 0.8 * level + random())))
      if (Math.abs(slope) > margin) mistakes += 1
    }
    expect(mistakes).toBeLessThan(30)
  })

  it('needs samples', () => {
    expect(() => slopeOf(points(7, (x) => x))).toThrow('too few')
  })
})
