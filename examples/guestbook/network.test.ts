import { formatReplay, scenarioOf, simulate } from 'synod/simulator'
import { expect, test } from 'vitest'
import { application } from './application.ts'

/** Visitors who each leave a line. */
function visitors(): () => Uint8Array {
  let count = 0
  return () => new TextEncoder().encode(`visitor ${++count} was here`)
}

test.each([1, 2, 3])('the guestbook holds on a network in trouble, seed %i', async (seed) => {
  const options = { seed, ...scenarioOf(seed), seconds: 10, application, workload: visitors() }
  const { violation, transactions } = await simulate(options)
  expect(violation, formatReplay(options)).toBeUndefined()
  expect(transactions).toBeGreaterThan(0)
})
