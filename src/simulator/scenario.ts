import { type LiarName, liarNames } from './byzantine/liars.ts'
import { type FaultName, faultNames } from './faults.ts'
import { createRandom, type Random } from './random.ts'
import type { SimulationOptions } from './simulation-options.ts'

export type Scenario = Required<Pick<SimulationOptions, 'nodes' | 'seconds' | 'faults' | 'liars' | 'load' | 'consensus'>>

/** Work of a scenario, in blocks times nodes squared: keeps a run at about a second of real time. */
const workMax = 320
const secondsBounds = [8, 40] as const

/**
 * Everything about a run but its chances, from its seed: so that many seeds explore many kinds of networks. At most one validator lies,
 * and never with a third of the power.
 */
export function scenarioOf(seed: number): Scenario {
  const random = createRandom(BigInt(seed)).fork('scenario')
  const nodes = random.chance(0.7) ? 4 : 5 + random.below(3)
  const intervalMs = random.pick([0, 200, 500, 1000, 1000, 1000, 2000, 3000])
  const blocksPerSecond = 1000 / Math.max(intervalMs, 150)
  const seconds = Math.round(Math.min(secondsBounds[1], Math.max(secondsBounds[0], workMax / (nodes * nodes * blocksPerSecond))))
  return {
    nodes,
    seconds,
    load: random.pick([1, 3, 5, 10]),
    faults: faultsOf(random),
    liars: liarsOf(random, nodes),
    consensus: {
      interval_ms: intervalMs,
      schedule: random.chance(0.3) ? 'fixed' : 'paced',
      empty_blocks: random.chance(0.8),
      propose_timeout_ms: random.pick([500, 1000, 1500]),
      prevote_timeout_ms: random.pick([200, 500]),
      precommit_timeout_ms: random.pick([200, 500]),
      timeout_growth_ms: random.pick([100, 300, 500]),
      timeout_max_ms: 20_000,
      precision_ms: 500,
      message_delay_ms: random.pick([500, 1000, 2000]),
    },
  }
}

/** All faults half of the time, a handful otherwise: rare combinations need some faults to be absent. */
function faultsOf(random: Random): readonly FaultName[] {
  if (random.chance(0.5)) return faultNames
  return faultNames.filter(() => random.chance(0.4))
}

/** The first validator has one part of the power, the second two: see `createSimulatedChain`. */
function liarsOf(random: Random, nodes: number): readonly (LiarName | 'honest')[] {
  if (random.chance(0.3)) return []
  const liar = random.pick(liarNames)
  return nodes > 4 && random.chance(0.4) ? ['honest', liar] : [liar]
}
