import { validatorsMax } from '../../chain/limits.ts'
import type { Operation } from '../../chain/transaction.ts'
import { event, type OperationContext } from './operation-context.ts'
import { putValidator } from './put-validator.ts'
import { readTotals } from './records.ts'
import type { Outcome } from './result-codes.ts'
import { takeValidator } from './rewards.ts'

type Stake = Extract<Operation, { type: 'stake' }>

/** Adds to the stake of the sender's validator. One that had left comes back with it. */
export function stake(context: OperationContext, { amount }: Stake): Outcome {
  return addStake(context, amount)
}

export function addStake(context: OperationContext, amount: bigint): Outcome {
  const { state, sender, account } = context
  const validator = takeValidator(state, sender)
  if (!validator) return 'not-a-validator'
  if (amount === 0n) return 'amount-zero'
  if (validator.jailed) return 'validator-jailed'
  const total = validator.stake + amount
  if (total < BigInt(context.rules.parameters.minimum_stake)) return 'stake-too-low'
  if (account.balance < amount) return 'balance-too-low'
  if (validator.stake === 0n && readTotals(state).validators >= validatorsMax) return 'validators-full'
  putValidator(state, sender, { ...validator, stake: total }, context.block)
  context.account = { ...account, balance: account.balance - amount }
  context.events.push(event('stake', { operator: context.senderName, amount: amount.toString() }))
  return 'executed'
}
