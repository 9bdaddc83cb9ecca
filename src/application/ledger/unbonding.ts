/**
 * The queue of stake on its way back: for each height a count, and under each number below it the operator whose validator has an
 * entry of that height. The amounts stand with the validators, where slashing finds them.
 */
import type { Address } from '../../chain/identifiers.ts'
import { encode } from '../../codec/codec.ts'
import { assert } from '../../primitives/assert.ts'
import type { StateReader, StateWriter } from '../state.ts'
import { unbondingCountStateKey, unbondingStateKey } from './keys.ts'
import { addressRecordSchema, countSchema, read, readAccount, readValidator, writeAccount, writeValidator } from './records.ts'

export function enqueueUnbonding(state: StateWriter, height: number, operator: Address): void {
  const count = countAt(state, height)
  state.set(unbondingStateKey(height, count), encode(addressRecordSchema, operator))
  state.set(unbondingCountStateKey(height), encode(countSchema, count + 1))
}

/** Pays out what is due at this height, and forgets it. */
export function releaseUnbonding(state: StateWriter, height: number): void {
  const count = countAt(state, height)
  if (count === 0) return
  for (let index = 0; index < count; index++) {
    const key = unbondingStateKey(height, index)
    const operator = read(state, addressRecordSchema, key)
    assert(operator, 'the unbonding queue has no holes')
    release(state, height, operator)
    state.delete(key)
  }
  state.delete(unbondingCountStateKey(height))
}

function release(state: StateWriter, height: number, operator: Address): void {
  const validator = readValidator(state, operator)
  assert(validator, 'only operators of validators unbond')
  const due = validator.unbonding.filter((entry) => entry.height <= height)
  let amount = 0n
  for (const entry of due) amount += entry.amount
  writeValidator(state, operator, { ...validator, unbonding: validator.unbonding.slice(due.length) })
  const account = readAccount(state, operator)
  writeAccount(state, operator, { ...account, balance: account.balance + amount })
}

function countAt(state: StateReader, height: number): number {
  return read(state, countSchema, unbondingCountStateKey(height)) ?? 0
}
