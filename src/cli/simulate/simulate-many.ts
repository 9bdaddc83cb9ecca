import { join } from 'node:path'
import { simulate } from '../../simulator/simulate.ts'
import type { SimulationOptions, SimulationResult } from '../../simulator/simulation-options.ts'
import { withWorkerProcesses } from '../frame/worker-processes.ts'

/** Told of each simulation as it ends. False: no more of them are begun. */
export type OnSimulated = (simulation: SimulationOptions, result: SimulationResult) => boolean

/**
 * Runs simulations, `jobs` at a time. One at a time they run in this process, and may have an application of their own and a trace; more
 * need a process each, since a simulation fills a core.
 */
export async function simulateMany(
  simulations: Iterable<SimulationOptions>,
  jobs: number,
  onSimulated: OnSimulated,
): Promise<void> {
  const rest = simulations[Symbol.iterator]()
  let isOver = false

  async function work(run: (simulation: SimulationOptions) => Promise<SimulationResult>): Promise<void> {
    for (let next = rest.next(); !next.done && !isOver; next = rest.next()) {
      const result = await run(next.value)
      if (!isOver) isOver = !onSimulated(next.value, result)
    }
  }

  if (jobs === 1) return work(simulate)
  await withWorkerProcesses<SimulationOptions, SimulationResult, void>(
    join(import.meta.dirname, 'simulation-process'),
    jobs,
    async (processes) => {
      await Promise.all(processes.map((process) => work((simulation) => process.ask(simulation))))
    },
  )
}
