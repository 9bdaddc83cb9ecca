/**
 * `synod/simulator`: whole networks in one process, from a seed, for tests of one's own application. The nodes are made by the same
 * assembly as in production; time, chance, network and disk are the simulator's.
 *
 * @module simulator
 */
export { type FaultName, faultNames } from '../simulator/faults.ts'
export { type SimulationOptions, type SimulationResult, simulate } from '../simulator/simulate.ts'
