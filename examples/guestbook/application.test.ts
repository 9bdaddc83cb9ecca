import { type SimulationOptions, scenarioOf, simulate } from 'synod/simulator'
import { expect, test } from 'vitest'
import { application } from './application.ts'

/** Visitors who each leave a line. */
function visitors(): () => Uint8Array {
  let count = 0
  return () => new TextEncoder().encode(`visitor ${++count} was here`)
}

const troubles: readonly Partial<SimulationOptions>[] = [
  { faults: [] },
  { faults: ['latency', 'loss', 'partition'] },
  { faults: ['crash', 'skew'], liars: ['equivocator'] },
]

test.each(troubles)('four nodes agree on the guestbook: %j', async (trouble) => {
  const { violation, transactions } = await simulate({ application, workload: visitors(), seed: 1, seconds: 20, ...trouble })
  expect(violation).toBeUndefined()
  expect(transactions).toBeGreaterThan(20)
})

test.each([1, 2, 3])('so do networks of which no two are alike, seed %i', async (seed) => {
  const { violation } = await simulate({ seed, ...scenarioOf(seed), application, workload: visitors() })
  expect(violation).toBeUndefined()
})
