import { expect, it } from 'vitest'
import { isSolution } from '../peers/work-challenge.ts'
import type { Clock } from '../ports/clock.ts'
import { createWorkSolver } from './work-solver.ts'

it('works for a fifth of the time at most, however much is asked for', async () => {
  let now = 0
  let worked = 0
  let rested = 0
  const clock = {
    monotonic() {
      worked++
      now++
      return now
    },
    schedule(ms: number, callback: () => void) {
      now += ms
      rested += ms
      setImmediate(callback)
    },
  } as unknown as Clock
  const solver = createWorkSolver({ clock, entropy: { bytes: (length) => new Uint8Array(length) } })
  const puzzle = new Uint8Array(32).fill(2)
  const work = 1 << 16
  expect(isSolution(puzzle, work, await solver.solve(puzzle, work, 1e9))).toBe(true)
  expect(rested).toBeGreaterThan(100)
  // A slice reads the clock once before it begins, and once after each part.
  expect(worked / (worked + rested)).toBeLessThan(0.3)
})
