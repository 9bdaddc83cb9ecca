import { formatReplay } from '../../simulator/format-replay.ts'
import { simulate } from '../../simulator/simulate.ts'
import type { SimulationOptions, SimulationResult } from '../../simulator/simulation-options.ts'
import type { Console } from '../frame/command.ts'
import { readSimulation, type SimulateOptions } from './read-simulation.ts'

/** Runs one seed after another until one breaks a promise. Resolves to 1 then, to 0 otherwise. */
export async function runSimulate(options: SimulateOptions, console: Console): Promise<number> {
  const { seed: first, seeds, json, trace } = options
  for (let seed = first; seed < first + seeds; seed++) {
    const simulation = readSimulation(options, seed)
    if (!json && seeds === 1) console.out(`${formatReplay(simulation)}\n`)
    const result = await simulate({ ...simulation, ...(trace && { onTrace: (line) => console.out(`${line}\n`) }) })
    report(simulation, result, options, console)
    if (result.violation) return 1
  }
  return 0
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
