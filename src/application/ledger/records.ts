/** What stands under the ledger's keys. A client decodes with these schemas what a state proof has proved. */
import {
  type Address,
  accountKey,
  address,
  type ConsensusKey,
  type ConsensusSignature,
  consensusKey,
  consensusSignature,
} from '../../chain/identifiers.ts'
import { validatorsMax } from '../../chain/limits.ts'
import { decode, encode } from '../../codec/codec.ts'
import { bool, type Infer, list, optional, type Schema, struct, text, u64, uint } from '../../codec/schema.ts'
import { assert } from '../../primitives/assert.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import type { StateReader, StateWriter } from '../state.ts'
import { type Fixed, fixedSchema, zeroFixed } from './fixed-point.ts'
import {
  accountStateKey,
  governanceStateKey,
  operatorStateKey,
  possessionStateKey,
  rewardsStateKey,
  shareStateKey,
  totalsStateKey,
  validatorStateKey,
} from './keys.ts'

/** An account that has neither received nor sent anything has no record: its balance and its nonce are 0. */
export const accountSchema = struct('Account', {
  /** Base units free to spend. */
  balance: u64(),
  /** The nonce of the account's next transaction. */
  nonce: uint(),
})
export type Account = Infer<typeof accountSchema>
const emptyAccount: Account = { balance: 0n, nonce: 0 }

/** Unstakings of one validator that can be under way at once. */
export const unbondingsMax = 16

/** Stake on its way back, from the block of `since` to that of `height`; rising heights. */
const unbondingsSchema = list(struct('Unbonding', { since: uint(), height: uint(), amount: u64() }), { max: unbondingsMax })
export type Unbondings = Infer<typeof unbondingsSchema>

/** What others have delegated to a validator. A share is worth tokens ÷ shares, which is 1 until slashing makes it less. */
const delegationPoolSchema = struct('DelegationPool', {
  /** Base units, part of the voting power. */
  tokens: u64(),
  shares: u64(),
  /** What a share has earned since the beginning. */
  index: fixedSchema,
  /** Base units that delegators have earned and not withdrawn. */
  rewards: u64(),
  /** The operator's part of what delegators earn, in ten-thousandths. */
  commission: uint({ max: 10_000 }),
  /** Height of its latest change. */
  commissionSince: uint(),
})
export type DelegationPool = Infer<typeof delegationPoolSchema>

/** Proposals that can be voted on at once: one for each parameter. */
const proposalsMax = 64

const parameterValue = { name: text({ max: 64 }), value: uint() } as const

/** How the ledger's parameters change. */
export const governanceSchema = struct('Governance', {
  /** The number of the next proposal. */
  next: uint(),
  /** Being voted on, in the order of their numbers; the block of height `ends` counts the votes. */
  open: list(struct('OpenProposal', { proposal: uint(), ends: uint(), ...parameterValue }), { max: proposalsMax }),
  /** What stands in the place of the chain spec's, in the order of the names. */
  changed: list(struct('ParameterValue', parameterValue), { max: proposalsMax }),
})
export type Governance = Infer<typeof governanceSchema>

/** A validator as its operator's account holds it. */
export const ledgerValidatorSchema = struct('LedgerValidator', {
  consensusKey,
  /** The height at which the key replaced another; 0 for the first. */
  keySince: uint(),
  /** The operator's own base units at stake. */
  stake: u64(),
  pool: delegationPoolSchema,
  /** Has no vote. */
  jailed: bool(),
  /** Jailed for absence: the first height at which it may come back; otherwise 0. */
  jailedUntil: uint(),
  /** Voted twice at `height`, for which the block of `at` destroyed a part of its stake. Jailed, it stays so for ever. */
  convicted: optional(struct('Conviction', { height: uint(), at: uint(), basisPoints: uint({ max: 10_000 }) })),
  /** The sum of rewards to each unit of power up to which this validator has its own. */
  rewardIndex: fixedSchema,
  /** Base units that the operator has earned and not withdrawn. */
  earned: u64(),
  /** Of the operator's own stake. */
  unbonding: unbondingsSchema,
  /** Its answers to proposals, rising; those to proposals that are closed mean nothing any more. */
  votes: list(struct('ProposalVote', { proposal: uint(), approve: bool() }), { max: proposalsMax }),
})
export type LedgerValidator = Infer<typeof ledgerValidatorSchema>

/** A validator as it begins. */
export function newValidator(key: ConsensusKey, stake: bigint, rewardIndex: Fixed): LedgerValidator {
  const pool = { tokens: 0n, shares: 0n, index: zeroFixed, rewards: 0n, commission: 0, commissionSince: 0 }
  const state = { jailed: false, jailedUntil: 0, convicted: undefined, earned: 0n, unbonding: [], votes: [] }
  return { consensusKey: key, keySince: 0, stake, pool, rewardIndex, ...state }
}

/** What one account has delegated to one validator. */
export const delegationSchema = struct('Delegation', {
  shares: u64(),
  /** The pool's index up to which the rewards of these shares were withdrawn. */
  index: fixedSchema,
  unbonding: unbondingsSchema,
})
export type Delegation = Infer<typeof delegationSchema>

/** Fees and issuance that belong to validators and their delegators. */
export const rewardsSchema = struct('Rewards', {
  /** What each unit of power has earned since the beginning. */
  index: fixedSchema,
  /** Base units for those who signed the latest block, given to them by the next. */
  pending: u64(),
  /** Base units given to validators that have not been counted as theirs yet. */
  outstanding: u64(),
})
export type Rewards = Infer<typeof rewardsSchema>

/** Whose stake comes free: the operator's own, or a delegator's. */
export const unbondingClaimSchema = struct('UnbondingClaim', { operator: address, delegator: optional(address) })
export type UnbondingClaim = Infer<typeof unbondingClaimSchema>

/** Operators whose validators were absent from a block of the window. */
export const absenteesSchema = list(address, { max: validatorsMax })

/** Of a validator that was: how often, in a window of which length. */
export const attendanceSchema = struct('Attendance', { window: uint(), missed: uint() })

/** Balances, stakes, delegations, unbonding stakes and rewards that nobody has withdrawn add up to `issued` − `burned`, always. */
export const totalsSchema = struct('Totals', {
  /** Base units created, at genesis and since. */
  issued: u64(),
  /** Base units destroyed by slashing. */
  burned: u64(),
  /** Validators with voting power from the next height on. */
  validators: uint(),
  /** Their power together. */
  power: u64(),
  /** What stands behind validators that are jailed for absence. */
  idle: u64(),
})
export type Totals = Infer<typeof totalsSchema>

/** What stands under an operator's or a network key: an address. */
export const addressRecordSchema = address
/** What stands under a delegation: an Ed25519 key. */
export const networkKeyRecordSchema = accountKey
/** What stands under a possession: the proof of a registration. */
const possessionRecordSchema = consensusSignature
export const countSchema = uint({ max: 0xffff_ffff })

export function readAccount(state: StateReader, account: Address): Account {
  return read(state, accountSchema, accountStateKey(account)) ?? emptyAccount
}

export function writeAccount(state: StateWriter, account: Address, record: Account): void {
  state.set(accountStateKey(account), encode(accountSchema, record))
}

export function readValidator(state: StateReader, operator: Address): LedgerValidator | undefined {
  return read(state, ledgerValidatorSchema, validatorStateKey(operator))
}

export function writeValidator(state: StateWriter, operator: Address, record: LedgerValidator): void {
  state.set(validatorStateKey(operator), encode(ledgerValidatorSchema, record))
}

/** The account that operates the validator of this key, today or formerly. */
export function readOperator(state: StateReader, key: ConsensusKey): Address | undefined {
  return read(state, addressRecordSchema, operatorStateKey(key))
}

export function writeOperator(state: StateWriter, key: ConsensusKey, operator: Address): void {
  state.set(operatorStateKey(key), encode(addressRecordSchema, operator))
}

/** How a validator that registered has proved that it knows its key. */
export function readPossession(
  state: StateReader,
  key: ConsensusKey,
): { readonly operator: Address; readonly proof: ConsensusSignature } | undefined {
  const operator = readOperator(state, key)
  const proof = read(state, possessionRecordSchema, possessionStateKey(key))
  return operator && proof && { operator, proof }
}

export function writePossession(state: StateWriter, key: ConsensusKey, proof: ConsensusSignature): void {
  state.set(possessionStateKey(key), encode(possessionRecordSchema, proof))
}

export function readTotals(state: StateReader): Totals {
  const totals = read(state, totalsSchema, totalsStateKey)
  assert(totals, 'the ledger has its totals from genesis on')
  return totals
}

export function writeTotals(state: StateWriter, totals: Totals): void {
  state.set(totalsStateKey, encode(totalsSchema, totals))
}

const noGovernance: Governance = { next: 0, open: [], changed: [] }

export function readGovernance(state: StateReader): Governance {
  return read(state, governanceSchema, governanceStateKey) ?? noGovernance
}

export function writeGovernance(state: StateWriter, governance: Governance): void {
  state.set(governanceStateKey, encode(governanceSchema, governance))
}

const noRewards: Rewards = { index: zeroFixed, pending: 0n, outstanding: 0n }

export function readRewards(state: StateReader): Rewards {
  return read(state, rewardsSchema, rewardsStateKey) ?? noRewards
}

export function writeRewards(state: StateWriter, rewards: Rewards): void {
  state.set(rewardsStateKey, encode(rewardsSchema, rewards))
}

export function readDelegation(state: StateReader, operator: Address, delegator: Address): Delegation | undefined {
  return read(state, delegationSchema, shareStateKey(operator, delegator))
}

/** One of which nothing is left is forgotten. */
export function writeDelegation(state: StateWriter, operator: Address, delegator: Address, record: Delegation): void {
  const key = shareStateKey(operator, delegator)
  if (record.shares === 0n && record.unbonding.length === 0) state.delete(key)
  else state.set(key, encode(delegationSchema, record))
}

/** A record of our own: that it does not decode is damage, not hostility. */
export function read<T>(state: StateReader, schema: Schema<T>, key: Bytes): T | undefined {
  const encoded = state.get(key)
  if (encoded === undefined) return undefined
  const decoded = decode(schema, encoded)
  assert(decoded.ok, 'a record of the ledger does not decode')
  return decoded.value
}
