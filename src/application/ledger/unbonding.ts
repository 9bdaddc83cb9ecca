/**
 * The queue of stake on its way back: for each height a count, and under each number below it whose entry of that height is due. The
 * amounts stand with the validators and the delegations, where slashing finds them.
 */
import { encode } from '../../codec/codec.ts'
import { assert } from '../../primitives/assert.ts'
import type { StateReader, StateWriter } from '../state.ts'
import { unbondingCountStateKey, unbondingStateKey } from './keys.ts'
import {
  countSchema,
  type LedgerValidator,
  read,
  readAccount,
  readDelegation,
  readTotals,
  readValidator,
  type UnbondingClaim,
  type Unbondings,
  unbondingClaimSchema,
  unbondingsMax,
  writeAccount,
  writeDelegation,
  writeTotals,
  writeValidator,
} from './records.ts'

type State = StateReader & StateWriter

/** The list with another entry; what an owner takes out in one block comes free together. `undefined`: the list is full. */
export function withUnbonding(unbonding: Unbondings, entry: Unbondings[number]): Unbondings | undefined {
  const last = unbonding.at(-1)
  if (last?.height === entry.height && last.since === entry.since) {
    return [...unbonding.slice(0, -1), { ...entry, amount: last.amount + entry.amount }]
  }
  // Heights rise: after a change of the parameter nothing may overtake what is under way.
  const height = Math.max(entry.height, last?.height ?? 0)
  return unbonding.length >= unbondingsMax ? undefined : [...unbonding, { ...entry, height }]
}

export function enqueueUnbonding(state: StateWriter, height: number, claim: UnbondingClaim): void {
  const count = countAt(state, height)
  state.set(unbondingStateKey(height, count), encode(unbondingClaimSchema, claim))
  state.set(unbondingCountStateKey(height), encode(countSchema, count + 1))
}

/** Pays out what is due at this height, and forgets it. Costs no more than the block did in which it was asked for. */
export function releaseUnbonding(state: State, height: number): void {
  const count = countAt(state, height)
  if (count === 0) return
  for (let index = 0; index < count; index++) {
    const key = unbondingStateKey(height, index)
    const claim = read(state, unbondingClaimSchema, key)
    assert(claim, 'the unbonding queue has no holes')
    release(state, height, claim)
    state.delete(key)
  }
  state.delete(unbondingCountStateKey(height))
}

function release(state: State, height: number, { operator, delegator }: UnbondingClaim): void {
  const validator = readValidator(state, operator)
  assert(validator, 'only stake of validators unbonds')
  if (!delegator) {
    const { due, left } = split(validator.unbonding, height)
    writeValidator(state, operator, { ...validator, unbonding: left })
    pay(state, operator, sumOf(due))
    return
  }
  const delegation = readDelegation(state, operator, delegator)
  if (!delegation) return // Another claim of the same height has had all of it.
  const { due, left } = split(delegation.unbonding, height)
  writeDelegation(state, operator, delegator, { ...delegation, unbonding: left })
  const burned = sumOf(due.map((entry) => ({ amount: punishment(validator, entry) })))
  if (burned > 0n) {
    const totals = readTotals(state)
    writeTotals(state, { ...totals, burned: totals.burned + burned })
  }
  pay(state, delegator, sumOf(due) - burned)
}

/** What a conviction takes of stake that was delegated when the offence was committed, and on its way back when it was punished. */
function punishment({ convicted }: LedgerValidator, { since, amount }: Unbondings[number]): bigint {
  if (!convicted || since < convicted.height || since >= convicted.at) return 0n
  return (amount * BigInt(convicted.basisPoints)) / 10_000n
}

function split(unbonding: Unbondings, height: number) {
  const due = unbonding.filter((entry) => entry.height <= height)
  return { due, left: unbonding.slice(due.length) }
}

function sumOf(entries: readonly { readonly amount: bigint }[]): bigint {
  let sum = 0n
  for (const { amount } of entries) sum += amount
  return sum
}

function pay(state: State, owner: Uint8Array, amount: bigint): void {
  if (amount === 0n) return
  const account = readAccount(state, owner)
  writeAccount(state, owner, { ...account, balance: account.balance + amount })
}

function countAt(state: StateReader, height: number): number {
  return read(state, countSchema, unbondingCountStateKey(height)) ?? 0
}
