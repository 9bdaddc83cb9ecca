/**
 * The ledger's parameters, and some of the chain's, changed by the validators' vote. An operator answers with all the power behind its validator, as it stands
 * when the vote ends: delegators who disagree delegate elsewhere. Spec: docs/spec/ledger.md, "Votes on parameters".
 */
import { type ChangedParameter, isChangeable, mayChange } from '../../chain/changed-parameters.ts'
import type { Operation } from '../../chain/transaction.ts'
import type { ValidatorSet } from '../../chain/validator-set.ts'
import { assert } from '../../primitives/assert.ts'
import type { StateReader, StateWriter } from '../state.ts'
import { event, type LedgerRules, type OperationContext } from './operation-context.ts'
import { type LedgerParameters, ledgerParametersSchema } from './parameters.ts'
import { putValidator } from './put-validator.ts'
import { readGovernance, readOperator, readValidator, writeGovernance } from './records.ts'
import type { Outcome } from './result-codes.ts'
import { powerOf, takeValidator } from './rewards.ts'

type ProposeParameter = Extract<Operation, { type: 'propose-parameter' }>
type VoteParameter = Extract<Operation, { type: 'vote-parameter' }>

/** The rules of the block after this state: the chain spec's, but for what votes have changed. */
export function rulesIn(state: StateReader, spec: LedgerRules): LedgerRules {
  const { changed } = readGovernance(state)
  const own = changed.filter(({ name }) => isParameter(name))
  if (own.length === 0) return spec
  const values = Object.fromEntries(own.map(({ name, value }) => [name, value]))
  return { ...spec, parameters: { ...spec.parameters, ...values } }
}

/** Begins a vote. Only who has a vote may; each parameter is voted on once at a time. */
export function proposeParameter(context: OperationContext, { name, value }: ProposeParameter): Outcome {
  const { state, sender, height, rules } = context
  const validator = readValidator(state, sender)
  if (!validator || validator.stake === 0n) return 'not-a-validator'
  if (powerOf(validator) === 0n) return 'validator-jailed'
  if (!isVotedOn(name, rules)) return 'parameter-unknown'
  const { next, open, changed } = readGovernance(state)
  if (!mayBe({ name, value }, changed, rules)) return 'parameter-out-of-bounds'
  if (open.some((proposal) => proposal.name === name)) return 'proposal-open'
  const proposal = { proposal: next, ends: height + rules.parameters.vote_period_blocks, name, value }
  writeGovernance(state, { next: next + 1, open: [...open, proposal], changed })
  context.events.push(event('propose-parameter', { operator: context.senderName, proposal: `${next}`, name, value: `${value}` }))
  return 'executed'
}

/** Answers a proposal, or answers it anew. */
export function voteParameter(context: OperationContext, { proposal, approve }: VoteParameter): Outcome {
  const { state, sender } = context
  const validator = takeValidator(state, sender)
  if (!validator) return 'not-a-validator'
  const open = new Set(readGovernance(state).open.map((each) => each.proposal))
  if (!open.has(proposal)) return 'proposal-unknown'
  const others = validator.votes.filter((vote) => vote.proposal !== proposal && open.has(vote.proposal))
  const votes = [...others, { proposal, approve }].sort((one, other) => one.proposal - other.proposal)
  putValidator(state, sender, { ...validator, votes }, context.block)
  context.events.push(event('vote-parameter', { operator: context.senderName, proposal: `${proposal}`, approve: `${approve}` }))
  return 'executed'
}

/** The changes of the chain spec's other rules that hold for the block after this state. */
export function chainChangesIn(state: StateReader): readonly ChangedParameter[] {
  return readGovernance(state).changed.filter(({ name }) => !isParameter(name))
}

/** Counts the votes that end with this block. What is approved holds from the next block on. */
export function closeVotes(state: StateReader & StateWriter, height: number, validators: ValidatorSet, rules: LedgerRules): void {
  const governance = readGovernance(state)
  const ending = governance.open.filter(({ ends }) => ends <= height)
  if (ending.length === 0) return
  let { changed } = governance
  for (const { proposal, name, value } of ending) {
    if (!isApproved(state, proposal, validators, rules.parameters)) continue
    // What another vote changed meanwhile may not go with it any more.
    if (!mayBe({ name, value }, changed, rules)) continue
    const others = changed.filter((each) => each.name !== name)
    changed = [...others, { name, value }].sort((one, other) => (one.name < other.name ? -1 : 1))
  }
  writeGovernance(state, { ...governance, open: governance.open.filter(({ ends }) => ends > height), changed })
}

/** By the power in force: enough of it has answered, and enough of those approve. */
function isApproved(
  state: StateReader,
  proposal: number,
  { validators, totalPower }: ValidatorSet,
  parameters: LedgerParameters,
): boolean {
  let [approved, answered] = [0n, 0n]
  for (const { consensusKey, power } of validators) {
    const operator = readOperator(state, consensusKey)
    const validator = operator && readValidator(state, operator)
    assert(validator, 'every member of the set has an operator')
    const vote = validator.votes.find((each) => each.proposal === proposal)
    if (!vote) continue
    answered += power
    if (vote.approve) approved += power
  }
  const isQuorate = answered > 0n && answered * 10_000n >= totalPower * BigInt(parameters.vote_quorum_basis_points)
  return isQuorate && approved * 10_000n >= answered * BigInt(parameters.vote_threshold_basis_points)
}

function isParameter(name: string): name is keyof LedgerParameters {
  return Object.hasOwn(ledgerParametersSchema.shape, name)
}

/** Whether a chain spec could state the value, and stake would still be there when evidence of its misdeeds comes. */
function mayBe(
  change: ChangedParameter,
  changed: readonly ChangedParameter[],
  { unbondingBlocksMin, chain }: LedgerRules,
): boolean {
  const { name, value } = change
  if (!isParameter(name)) return chain !== undefined && mayChange(chain, changed, change)
  if (!ledgerParametersSchema.shape[name].safeParse(value).success) return false
  return name !== 'unbonding_blocks' || value >= unbondingBlocksMin
}

function isVotedOn(name: string, { chain }: LedgerRules): boolean {
  return isParameter(name) || (chain !== undefined && isChangeable(name))
}
