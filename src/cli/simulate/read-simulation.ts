import { type ConsensusParameters, consensusParametersSchema } from '../../chain/chain-spec.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { type LiarName, liarNames } from '../../simulator/byzantine/liars.ts'
import { type FaultName, faultNames } from '../../simulator/faults.ts'
import { scenarioOf } from '../../simulator/scenario.ts'
import type { SimulationOptions } from '../../simulator/simulation-options.ts'

/** The options of `synod simulate` as they were given. */
export interface SimulateOptions {
  readonly seed: number
  readonly seeds: number
  readonly jobs: number
  readonly nodes: number | undefined
  readonly seconds: number | undefined
  readonly faults: string | undefined
  readonly liars: string | undefined
  readonly load: number | undefined
  readonly set: readonly string[]
  readonly trace: boolean
  readonly json: boolean
}

/** A whole run: what was not said follows from the seed. Throws USAGE_INVALID. */
export function readSimulation(options: SimulateOptions, seed: number): SimulationOptions {
  const scenario = scenarioOf(seed)
  const faults = options.faults === 'all' ? faultNames : readNames<FaultName>('fault', options.faults, faultNames)
  const liars = readNames<LiarName | 'honest'>('liar', options.liars, [...liarNames, 'honest'])
  return {
    seed,
    nodes: options.nodes ?? scenario.nodes,
    seconds: options.seconds ?? scenario.seconds,
    faults: faults ?? scenario.faults,
    liars: liars ?? scenario.liars,
    load: options.load ?? scenario.load,
    consensus: readConsensus({ ...scenario.consensus, ...Object.fromEntries(options.set.map(readSetting)) }),
  }
}

function readNames<T extends string>(what: string, given: string | undefined, known: readonly T[]): readonly T[] | undefined {
  if (given === undefined) return undefined
  if (given === 'none') return []
  return given.split(',').map((name) => {
    const found = known.find((candidate) => candidate === name)
    if (found === undefined) throw invalid(`There is no ${what} ${JSON.stringify(name)}: it is one of ${known.join(', ')}.`)
    return found
  })
}

function readSetting(given: string): readonly [name: string, value: unknown] {
  const [, name, text] = /^consensus\.([a-z_]+)=(.+)$/.exec(given) ?? []
  if (name === undefined || text === undefined) throw invalid(`${given}: write consensus.name=value.`)
  if (text === 'true' || text === 'false') return [name, text === 'true']
  return [name, /^\d+$/.test(text) ? Number(text) : text]
}

function readConsensus(parameters: Readonly<Record<string, unknown>>): Partial<ConsensusParameters> {
  const parsed = consensusParametersSchema.partial().safeParse(parameters)
  if (parsed.success) return parsed.data as Partial<ConsensusParameters>
  const [issue] = parsed.error.issues
  throw invalid(`consensus.${issue?.path.join('.')}: ${issue?.message}`)
}

function invalid(message: string): OperationalError {
  return new OperationalError('USAGE_INVALID', message)
}
