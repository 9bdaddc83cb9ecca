/**
 * What validators and delegators earn, without a loop over either: each unit of power, and each share of a pool, has earned one and
 * the same sum since the beginning; whoever held parts of it meanwhile gets parts × (sum now − sum then). A validator that did not
 * sign steps over the block. Everything is settled before a number of parts changes. Spec: docs/spec/ledger.md, "Rewards".
 */
import { bitmapHas } from '../../chain/bitmap.ts'
import type { Address, ConsensusKey } from '../../chain/identifiers.ts'
import type { ValidatorSet } from '../../chain/validator-set.ts'
import { assert } from '../../primitives/assert.ts'
import { bytesKey } from '../../primitives/bytes.ts'
import type { LastCommit } from '../application.ts'
import type { StateReader, StateWriter } from '../state.ts'
import { addQuotient, gained } from './fixed-point.ts'
import type { LedgerParameters } from './parameters.ts'
import {
  type LedgerValidator,
  type Rewards,
  readAccount,
  readOperator,
  readRewards,
  readTotals,
  readValidator,
  writeAccount,
  writeRewards,
  writeTotals,
  writeValidator,
} from './records.ts'

/** The power a validator votes with. */
export function powerOf({ jailed, stake, pool }: LedgerValidator): bigint {
  return jailed || stake === 0n ? 0n : stake + pool.tokens
}

/** The validator with all it has earned so far counted. Whoever takes it writes it back, or takes everything back. */
export function takeValidator(state: StateReader & StateWriter, operator: Address): LedgerValidator | undefined {
  const validator = readValidator(state, operator)
  if (!validator) return undefined
  const rewards = readRewards(state)
  const { settled, earned } = settle(validator, rewards)
  if (earned > 0n) writeRewards(state, { ...rewards, outstanding: rewards.outstanding - earned })
  return settled
}

function settle(validator: LedgerValidator, { index }: Rewards): { readonly settled: LedgerValidator; readonly earned: bigint } {
  const power = powerOf(validator)
  const earned = gained(power, validator.rewardIndex, index)
  if (earned === 0n) return { settled: { ...validator, rewardIndex: index }, earned }
  const { pool } = validator
  const ofPool = (earned * pool.tokens) / power
  const forPool = ofPool - (ofPool * BigInt(pool.commission)) / 10_000n
  if (pool.shares === 0n || forPool === 0n) {
    return { settled: { ...validator, rewardIndex: index, earned: validator.earned + earned }, earned }
  }
  const { sum, spent } = addQuotient(pool.index, forPool, pool.shares)
  const filled = { ...pool, index: sum, rewards: pool.rewards + spent }
  return { settled: { ...validator, rewardIndex: index, earned: validator.earned + earned - spent, pool: filled }, earned }
}

/**
 * Gives what waits to the validators that signed the previous block, by their power now. Who is new in the set did not sign. What is
 * too little to be divided waits on.
 */
export function distribute(
  state: StateReader & StateWriter,
  { validators }: ValidatorSet,
  lastCommit: LastCommit | undefined,
): void {
  const before = readRewards(state)
  if (before.pending === 0n || !lastCommit) return
  const signed = signersOf(lastCommit)
  const absent: ConsensusKey[] = []
  let power = 0n
  for (const validator of validators) {
    if (signed.has(bytesKey(validator.consensusKey))) power += validator.power
    else absent.push(validator.consensusKey)
  }
  if (power === 0n) return
  const { sum: index, spent } = addQuotient(before.index, before.pending, power)
  const after = { index, pending: before.pending - spent, outstanding: before.outstanding + spent }
  writeRewards(state, { ...after, outstanding: after.outstanding - stepOver(state, absent, before, after) })
}

/** Counts what the absent have earned until now, and moves them past this block. @returns what became theirs. */
function stepOver(state: StateReader & StateWriter, absent: readonly ConsensusKey[], before: Rewards, after: Rewards): bigint {
  let counted = 0n
  for (const key of absent) {
    const operator = readOperator(state, key)
    const validator = operator && readValidator(state, operator)
    assert(validator, 'every member of the set has an operator')
    const { settled, earned } = settle(validator, before)
    writeValidator(state, operator, { ...settled, rewardIndex: after.index })
    counted += earned
  }
  return counted
}

export function signersOf({ validators: { validators }, signers }: LastCommit): ReadonlySet<string> {
  const keys = new Set<string>()
  for (const [index, { consensusKey }] of validators.entries()) if (bitmapHas(signers, index)) keys.add(bytesKey(consensusKey))
  return keys
}

/** At a block's end: its fees, and what is issued with it, in part to its proposer's operator, the rest to be given by the next block. */
export function payIn(
  state: StateReader & StateWriter,
  proposer: ConsensusKey,
  fees: bigint,
  parameters: LedgerParameters,
): void {
  const issued = issue(state, BigInt(parameters.issuance_per_block))
  const amount = fees + issued
  if (amount === 0n) return
  const operator = readOperator(state, proposer)
  assert(operator, 'a proposer is a validator, and every validator has an operator')
  const part = (amount * BigInt(parameters.proposer_basis_points)) / 10_000n
  const account = readAccount(state, operator)
  if (part > 0n) writeAccount(state, operator, { ...account, balance: account.balance + part })
  if (part === amount) return
  const rewards = readRewards(state)
  writeRewards(state, { ...rewards, pending: rewards.pending + amount - part })
}

const amountMax = 0xffff_ffff_ffff_ffffn

function issue(state: StateReader & StateWriter, wanted: bigint): bigint {
  if (wanted === 0n) return 0n
  const totals = readTotals(state)
  const room = amountMax - totals.issued
  const issued = wanted < room ? wanted : room
  if (issued > 0n) writeTotals(state, { ...totals, issued: totals.issued + issued })
  return issued
}
