import { expect, test } from 'vitest'
import { liarNames } from './byzantine/liars.ts'
import { faultNames } from './faults.ts'
import { formatReplay } from './format-replay.ts'
import { scenarioOf } from './scenario.ts'

const scenarios = Array.from({ length: 400 }, (_, seed) => scenarioOf(seed))

test('a scenario follows from its seed', () => {
  expect(scenarioOf(7)).toEqual(scenarioOf(7))
})

test('seeds explore every fault, every liar, every size', () => {
  for (const fault of faultNames) expect(scenarios.some(({ faults }) => faults.includes(fault))).toBe(true)
  for (const liar of liarNames) expect(scenarios.some(({ liars }) => liars.includes(liar))).toBe(true)
  for (const nodes of [4, 5, 6, 7]) expect(scenarios.some((scenario) => scenario.nodes === nodes)).toBe(true)
  expect(scenarios.filter(({ liars }) => liars.length === 0).length).toBeGreaterThan(50)
})

test('liars hold less than a third of the power', () => {
  for (const { nodes, liars } of scenarios) {
    const powers = Array.from({ length: nodes }, (_, index) => 1 + (index % 3))
    const total = powers.reduce((sum, power) => sum + power, 0)
    const lying = powers.reduce((sum, power, index) => sum + ((liars[index] ?? 'honest') === 'honest' ? 0 : power), 0)
    expect(3 * lying).toBeLessThan(total)
  }
})

test('a replay names everything', () => {
  const command = formatReplay({
    seed: 9,
    nodes: 5,
    seconds: 12,
    faults: ['loss', 'crash'],
    liars: [],
    load: 3,
    consensus: { interval_ms: 0 },
  })
  expect(command).toBe(
    'synod simulate --seed 9 --nodes 5 --seconds 12 --faults loss,crash --liars none --load 3 --set consensus.interval_ms=0',
  )
})
