import { type SimulationOptions, simulate } from 'synod/simulator'
import { expect, test } from 'vitest'
import { application } from './application.ts'

/** Lines to sign the guestbook with, each another. */
function lines(): () => Uint8Array {
  let number = 0
  return () => new TextEncoder().encode(`visitor ${number++} was here`)
}

const troubles: readonly Partial<SimulationOptions>[] = [
  { faults: [] },
  { faults: ['latency', 'loss', 'partition'] },
  { faults: ['crash', 'skew'], liars: ['equivocator'] },
]

test.each(troubles)('four nodes agree on the guestbook: %o', async (trouble) => {
  const { violation, transactions } = await simulate({ application, workload: lines(), seed: 1, seconds: 20, ...trouble })
  expect(violation).toBeUndefined()
  expect(transactions).toBeGreaterThan(20)
})
