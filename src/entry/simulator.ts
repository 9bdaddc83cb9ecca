/**
 * `synod/simulator`: whole networks in one process, from a seed, for tests of one's own application. The nodes are made by the same
 * assembly as in production; time, chance, network and disk are the simulator's.
 *
 * @module simulator
 */
export { type LiarName, liarNames } from '../simulator/byzantine/liars.ts'
export type { CheckName, Violation } from '../simulator/checkers/violation.ts'
export { type FaultName, faultNames } from '../simulator/faults.ts'
export { formatReplay } from '../simulator/format-replay.ts'
export { type Scenario, scenarioOf } from '../simulator/scenario.ts'
export { simulate } from '../simulator/simulate.ts'
export type { Workload } from '../simulator/simulated-chain.ts'
export type { SimulationOptions, SimulationResult } from '../simulator/simulation-options.ts'
