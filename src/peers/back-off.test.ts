import { describe, expect, it } from 'vitest'
import { createBackOff, stableMs } from './back-off.ts'

const policy = { firstMs: 100, maxMs: 1000, flapsMax: 2 }
const half = 1

describe('back-off', () => {
  it('doubles with each failure, up to its bound, and starts over after success', () => {
    const backOff = createBackOff(policy)
    expect([1, 2, 3, 4, 5].map(() => backOff.failed(half))).toEqual([200, 400, 800, 1000, 1000])
    backOff.succeeded(0)
    expect(backOff.lost(stableMs, half)).toBe(100)
    expect(backOff.failed(half)).toBe(200)
  })

  it('is jittered by half', () => {
    expect(createBackOff(policy).failed(0)).toBe(100)
    expect(createBackOff(policy).failed(1)).toBe(200)
  })

  it('counts connections that break early, until one holds', () => {
    const backOff = createBackOff(policy)
    const flap = (held: number) => {
      backOff.succeeded(0)
      return backOff.lost(held, half)
    }
    expect([flap(10), flap(10), flap(10), flap(10)]).toEqual([100, 200, 400, 400])
    expect(backOff.failed(half)).toBe(400)
    expect([flap(stableMs), flap(10), flap(10)]).toEqual([100, 100, 200])
  })
})
