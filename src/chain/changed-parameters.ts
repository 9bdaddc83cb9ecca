import { type ChainSpec, type ConsensusParameters, consensusParametersSchema, type Limits, limitsSchema } from './chain-spec.ts'
import { contradictions } from './chain-spec-contradictions.ts'

/**
 * The rules of the chain spec that may become others while the chain runs, from one height on, since every node reads the new value in
 * the state before that height: how long steps wait, how far blocks are apart, how much a block holds. What light clients, evidence or
 * the limits of messages are built on stays.
 */
export type ChainParameters = Pick<ChainSpec, 'consensus' | 'limits'>

const consensusNames = [
  'interval_ms',
  'propose_timeout_ms',
  'prevote_timeout_ms',
  'precommit_timeout_ms',
  'timeout_growth_ms',
  'timeout_max_ms',
] as const satisfies readonly (keyof ConsensusParameters)[]
const limitNames = ['block_transactions_max', 'block_bytes_max'] as const satisfies readonly (keyof Limits)[]

export interface ChangedParameter {
  readonly name: string
  readonly value: number
}

export function isChangeable(name: string): boolean {
  return isConsensusName(name) || isLimitName(name)
}

/** The rules with other values in the place of some; names that may not change, or are unknown, change nothing. */
export function withChanges({ consensus, limits }: ChainParameters, changed: readonly ChangedParameter[]): ChainParameters {
  const changes = (isOne: (name: string) => boolean) =>
    Object.fromEntries(changed.filter(({ name }) => isOne(name)).map(({ name, value }) => [name, value]))
  return { consensus: { ...consensus, ...changes(isConsensusName) }, limits: { ...limits, ...changes(isLimitName) } }
}

/**
 * Whether the change goes with the chain spec and with what was changed before. Blocks come no faster than the spec says: what unbonds
 * or expires after so many of them would be gone too early. A fixed schedule counts intervals from genesis, and so has one for ever.
 */
export function mayChange(spec: ChainParameters, before: readonly ChangedParameter[], change: ChangedParameter): boolean {
  const { name, value } = change
  if (!isBounded(name, value)) return false
  if (name === 'interval_ms' && (value < spec.consensus.interval_ms || spec.consensus.schedule === 'fixed')) return false
  const others = before.filter((each) => each.name !== name)
  return contradictions(withChanges(spec, [...others, change])).length === 0
}

function isBounded(name: string, value: number): boolean {
  if (isConsensusName(name)) return consensusParametersSchema.shape[name].safeParse(value).success
  return isLimitName(name) && limitsSchema.shape[name].safeParse(value).success
}

function isConsensusName(name: string): name is (typeof consensusNames)[number] {
  return consensusNames.some((known) => known === name)
}

function isLimitName(name: string): name is (typeof limitNames)[number] {
  return limitNames.some((known) => known === name)
}
