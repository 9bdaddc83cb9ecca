import type { Operation } from '../../chain/transaction.ts'
import { event, type OperationContext } from './operation-context.ts'
import { putValidator } from './put-validator.ts'
import { readTotals } from './records.ts'
import type { Outcome } from './result-codes.ts'
import { takeValidator } from './rewards.ts'
import { enqueueUnbonding, withUnbonding } from './unbonding.ts'

type Unstake = Extract<Operation, { type: 'unstake' }>

/**
 * Takes stake away from the vote at once and gives it back when it has been punishable for long enough. What remains is at least the
 * minimum or nothing; a jailed validator, which has no vote, may take any part.
 */
export function unstake(context: OperationContext, { amount }: Unstake): Outcome {
  const { state, sender, height: since } = context
  const { parameters } = context.rules
  const validator = takeValidator(state, sender)
  if (!validator) return 'not-a-validator'
  if (amount === 0n) return 'amount-zero'
  const remaining = validator.stake - amount
  if (remaining < 0n) return 'balance-too-low'
  if (!validator.jailed && remaining !== 0n && remaining < BigInt(parameters.minimum_stake)) return 'stake-too-low'
  const unbonding = withUnbonding(validator.unbonding, { since, height: since + parameters.unbonding_blocks, amount })
  const height = unbonding?.at(-1)?.height
  if (!unbonding || height === undefined) return 'unbonding-full'
  if (remaining === 0n && !validator.jailed && readTotals(state).validators <= 1) return 'last-validator'
  if (unbonding.length > validator.unbonding.length) enqueueUnbonding(state, height, { operator: sender, delegator: undefined })
  putValidator(state, sender, { ...validator, stake: remaining, unbonding }, context.block)
  const attributes = { operator: context.senderName, amount: amount.toString(), free: height.toString() }
  context.events.push(event('unstake', attributes))
  return 'executed'
}
