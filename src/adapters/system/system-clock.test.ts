import { expect, it } from 'vitest'
import { createSystemClock } from './system-clock.ts'
import { systemEntropy } from './system-entropy.ts'

it('the clock calls back after the delay, and not at all when cancelled', async () => {
  const clock = createSystemClock()
  const start = clock.monotonic()
  const called: string[] = []
  const cancelled = clock.schedule(1, () => called.push('cancelled'))
  await new Promise<void>((resolve) => {
    clock.schedule(10, resolve)
    clock.schedule(0, () => called.push('at once'))
    expect(called).toEqual([])
    cancelled.cancel()
  })
  expect(called).toEqual(['at once'])
  expect(clock.monotonic() - start).toBeGreaterThan(7.9) // Node cuts the delay, and the time it counts from, to whole milliseconds.
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1000)
})

it('a timer longer than Node’s longest does not go off early', async () => {
  const clock = createSystemClock()
  let called = false
  const timer = clock.schedule(40 * 24 * 3600 * 1000, () => {
    called = true
  })
  await new Promise<void>((resolve) => clock.schedule(20, resolve))
  timer.cancel()
  expect(called).toBe(false)
})

it('entropy gives as many bytes as asked, never the same', () => {
  expect(systemEntropy.bytes(0)).toEqual(new Uint8Array(0))
  expect(systemEntropy.bytes(100_000).length).toBe(100_000)
  expect(systemEntropy.bytes(32)).not.toEqual(systemEntropy.bytes(32))
})
