import { OperationalError } from '../../primitives/operational-error.ts'
import { formatReplay } from '../../simulator/format-replay.ts'
import type { SimulationOptions, SimulationResult } from '../../simulator/simulation-options.ts'
import type { Console } from '../frame/command.ts'
import { readSimulation, type SimulateOptions } from './read-simulation.ts'
import { simulateMany } from './simulate-many.ts'

/** Runs seeds until one breaks a promise. Resolves to 1 then, to 0 otherwise. */
export async function runSimulate(options: SimulateOptions, console: Console): Promise<number> {
  const { seed: first, seeds, jobs, json, trace } = options
  if (trace && jobs > 1) throw new OperationalError('USAGE_INVALID', 'With --trace one seed runs at a time: leave --jobs out.')
  const simulations = Array.from({ length: seeds }, (_, index) => readSimulation(options, first + index))
  if (!json && seeds === 1) for (const simulation of simulations) console.out(`${formatReplay(simulation)}\n`)
  const traced = simulations.map((simulation) => ({
    ...simulation,
    ...(trace && { onTrace: (line: string) => console.out(`${line}\n`) }),
  }))
  let isKept = true
  await simulateMany(traced, jobs, (simulation, result) => {
    report(simulation, result, options, console)
    isKept = result.violation === undefined
    return isKept
  })
  return isKept ? 0 : 1
}

function report(
  simulation: SimulationOptions,
  result: SimulationResult,
  { seeds, json }: SimulateOptions,
  console: Console,
): void {
  const { seed, height, transactions, events, simulatedMs, traceHash, violation } = result
  if (json) {
    const replay = formatReplay(simulation)
    return console.out(`${JSON.stringify({ options: simulation, replay, ...result, violation: violation ?? null })}\n`)
  }
  const passed = `${height} blocks, ${transactions} transactions, ${events} events in ${(simulatedMs / 1000).toFixed(1)} simulated seconds`
  if (seeds > 1) console.out(`seed ${seed}  ${passed}  ${traceHash.slice(0, 16)}\n`)
  else console.out(`${passed}\ntrace ${traceHash}\n`)
  if (!violation) return
  const { check, node, detail } = violation
  console.out(`VIOLATION of ${check} at ${node}, height ${violation.height}: ${detail}\n`)
  console.out(`Replay it with:\n  ${formatReplay(simulation)}\n`)
}
