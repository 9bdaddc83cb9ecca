import { simulate } from '../../simulator/simulate.ts'
import { type Figure, figure } from './figure.ts'

const seconds = 120
const repetitions = 3

/** How much faster than life a network of four runs at one block a second, and how many of its events a second that is. */
export async function benchSimulator(): Promise<readonly Figure[]> {
  await run(0, 10) // Code that runs for the first time is slow.
  const runs: Run[] = []
  for (let seed = 1; seed <= repetitions; seed++) runs.push(await run(seed, seconds))
  const [, median] = runs.sort((left, right) => left.realTimeFactor - right.realTimeFactor) as [Run, Run, Run]
  return [figure('realTimeFactor', median.realTimeFactor, '×'), figure('simulatedEventsPerSecond', median.eventsPerSecond, '1/s')]
}

interface Run {
  readonly realTimeFactor: number
  readonly eventsPerSecond: number
}

async function run(seed: number, simulatedSeconds: number): Promise<Run> {
  const startedAt = performance.now()
  const options = { seed, nodes: 4, seconds: simulatedSeconds, faults: [], liars: [], load: 1, consensus: { interval_ms: 1000 } }
  const { simulatedMs, events, violation } = await simulate(options)
  if (violation) throw new Error(`the simulated network broke a promise: ${violation.check}, ${violation.detail}`)
  const tookMs = performance.now() - startedAt
  return { realTimeFactor: simulatedMs / tookMs, eventsPerSecond: (events * 1000) / tookMs }
}
