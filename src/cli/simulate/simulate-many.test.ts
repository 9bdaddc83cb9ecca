import { expect, test } from 'vitest'
import type { SimulationOptions } from '../../simulator/simulation-options.ts'
import { simulateMany } from './simulate-many.ts'

const simulations: readonly SimulationOptions[] = [1, 2, 3, 4].map((seed) => ({ seed, seconds: 2, faults: [], liars: [] }))

async function tracesOf(jobs: number, last = Number.POSITIVE_INFINITY): Promise<ReadonlyMap<number, string>> {
  const traces = new Map<number, string>()
  await simulateMany(simulations, jobs, ({ seed }, { traceHash }) => {
    traces.set(seed, traceHash)
    return seed < last
  })
  return new Map([...traces].sort(([left], [right]) => left - right))
}

test('processes of their own run what this one would', async () => {
  const here = await tracesOf(1)
  expect([...here.keys()]).toEqual([1, 2, 3, 4])
  expect(await tracesOf(3)).toEqual(here)
})

test('no more are begun once one was not as it should be', async () => {
  expect([...(await tracesOf(1, 2)).keys()]).toEqual([1, 2])
})
