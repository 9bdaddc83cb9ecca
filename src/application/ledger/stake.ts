import { validatorsMax } from '../../chain/limits.ts'
import type { Operation } from '../../chain/transaction.ts'
import { bytesKey } from '../../primitives/bytes.ts'
import { event, type OperationContext } from './operation-context.ts'
import { type LedgerValidator, readTotals, readValidator, writeTotals, writeValidator } from './records.ts'
import type { Outcome } from './result-codes.ts'

type Stake = Extract<Operation, { type: 'stake' }>

/** Adds to the stake of the sender's validator. One that had left comes back with it. */
export function stake(context: OperationContext, { amount }: Stake): Outcome {
  const validator = readValidator(context.state, context.sender)
  return validator ? addStake(context, validator, amount) : 'not-a-validator'
}

export function addStake(context: OperationContext, validator: LedgerValidator, amount: bigint): Outcome {
  const { state, sender, account } = context
  if (amount === 0n) return 'amount-zero'
  if (validator.jailed) return 'validator-jailed'
  const total = validator.stake + amount
  if (total < BigInt(context.rules.parameters.minimum_stake)) return 'stake-too-low'
  if (account.balance < amount) return 'balance-too-low'
  if (validator.stake === 0n) {
    const totals = readTotals(state)
    if (totals.validators >= validatorsMax) return 'validators-full'
    writeTotals(state, { ...totals, validators: totals.validators + 1 })
  }
  writeValidator(state, sender, { ...validator, stake: total })
  context.account = { ...account, balance: account.balance - amount }
  touch(context)
  context.events.push(event('stake', { operator: context.senderName, amount: amount.toString() }))
  return 'executed'
}

/** Notes that the sender's validator may have another power after this block. */
export function touch({ block, sender }: OperationContext): void {
  block.touched.set(bytesKey(sender), sender)
}
