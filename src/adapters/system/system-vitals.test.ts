import { expect, it } from 'vitest'
import { createSystemVitals } from './system-vitals.ts'

it('tells what this process holds, and what it may', () => {
  const { usedBytes, limitBytes } = createSystemVitals().memory()
  expect(usedBytes).toBeGreaterThan(10 << 20)
  expect(limitBytes).toBeGreaterThan(usedBytes)
  expect(createSystemVitals(123).memory().limitBytes).toBe(123)
})
