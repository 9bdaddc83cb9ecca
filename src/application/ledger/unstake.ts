import type { Operation } from '../../chain/transaction.ts'
import { keepNetworkKey } from './network-key.ts'
import { event, type OperationContext } from './operation-context.ts'
import { type LedgerValidator, readTotals, readValidator, unbondingsMax, writeTotals, writeValidator } from './records.ts'
import type { Outcome } from './result-codes.ts'
import { touch } from './stake.ts'
import { enqueueUnbonding } from './unbonding.ts'

type Unstake = Extract<Operation, { type: 'unstake' }>

/**
 * Takes stake away from the vote at once and gives it back when it has been punishable for long enough. What remains is at least the
 * minimum or nothing; a jailed validator, which has no vote, may take any part.
 */
export function unstake(context: OperationContext, { amount }: Unstake): Outcome {
  const { state, sender } = context
  const { parameters } = context.rules
  const validator = readValidator(state, sender)
  if (!validator) return 'not-a-validator'
  if (amount === 0n) return 'amount-zero'
  const remaining = validator.stake - amount
  if (remaining < 0n) return 'balance-too-low'
  if (!validator.jailed && remaining !== 0n && remaining < BigInt(parameters.minimum_stake)) return 'stake-too-low'
  const height = context.height + parameters.unbonding_blocks
  const joins = validator.unbonding.at(-1)?.height === height
  if (!joins && validator.unbonding.length >= unbondingsMax) return 'unbonding-full'
  if (remaining === 0n && !validator.jailed) {
    const totals = readTotals(state)
    if (totals.validators === 1) return 'last-validator'
    writeTotals(state, { ...totals, validators: totals.validators - 1 })
  }
  if (!joins) enqueueUnbonding(state, height, sender)
  const left = { ...validator, stake: remaining, unbonding: withUnbonding(validator, height, amount) }
  writeValidator(state, sender, left)
  keepNetworkKey(state, sender, left)
  touch(context)
  const attributes = { operator: context.senderName, amount: amount.toString(), free: height.toString() }
  context.events.push(event('unstake', attributes))
  return 'executed'
}

/** Unstakings of one block come free together. */
function withUnbonding({ unbonding }: LedgerValidator, height: number, amount: bigint): LedgerValidator['unbonding'] {
  const last = unbonding.at(-1)
  if (last?.height !== height) return [...unbonding, { height, amount }]
  return [...unbonding.slice(0, -1), { height, amount: last.amount + amount }]
}
