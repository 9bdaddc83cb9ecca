import { expect, test } from 'vitest'
import { formatReplay } from '../../src/simulator/format-replay.ts'
import { scenarioOf } from '../../src/simulator/scenario.ts'
import { simulate } from '../../src/simulator/simulate.ts'

/** Networks of all kinds, in all kinds of trouble, and none may break a promise. A failure names the command that replays it. */
const seeds = 200

test(`${seeds} seeds with all faults`, async () => {
  const kinds = { height: 0, transactions: 0 }
  for (let seed = 1; seed <= seeds; seed++) {
    const options = { seed, ...scenarioOf(seed) }
    const { violation, height, transactions } = await simulate(options)
    expect(violation, formatReplay(options)).toBeUndefined()
    kinds.height += height
    kinds.transactions += transactions
  }
  expect(kinds.height).toBeGreaterThan(seeds * 5)
  expect(kinds.transactions).toBeGreaterThan(seeds * 5)
})
