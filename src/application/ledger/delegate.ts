import type { Address } from '../../chain/identifiers.ts'
import type { Operation } from '../../chain/transaction.ts'
import { bytesEqual, toHex } from '../../primitives/bytes.ts'
import { gained } from './fixed-point.ts'
import { event, type OperationContext } from './operation-context.ts'
import { putValidator } from './put-validator.ts'
import { type Delegation, type DelegationPool, type LedgerValidator, readDelegation, writeDelegation } from './records.ts'
import type { Outcome } from './result-codes.ts'
import { takeValidator } from './rewards.ts'
import { enqueueUnbonding, withUnbonding } from './unbonding.ts'

type Delegate = Extract<Operation, { type: 'delegate' }>
type Undelegate = Extract<Operation, { type: 'undelegate' }>
type WithdrawRewards = Extract<Operation, { type: 'withdraw-rewards' }>

const amountMax = 0xffff_ffff_ffff_ffffn

/** Puts stake behind a validator for shares of its pool, as many as it is worth at the pool's price, rounded down. */
export function delegate(context: OperationContext, { operator, amount }: Delegate): Outcome {
  const { state, sender } = context
  const validator = takeValidator(state, operator)
  if (!validator) return 'validator-unknown'
  if (validator.jailed) return 'validator-jailed'
  if (validator.stake === 0n) return 'validator-left'
  if (amount < BigInt(context.rules.parameters.minimum_delegation)) return 'delegation-too-low'
  if (context.account.balance < amount) return 'balance-too-low'
  const shares = sharesFor(validator.pool, amount)
  if (shares === undefined) return 'delegation-unpriced'
  const paid = payDelegator(context, validator, operator)
  const delegation = paid.delegation ?? { shares: 0n, index: paid.pool.index, unbonding: [] }
  const pool = { ...paid.pool, tokens: paid.pool.tokens + amount, shares: paid.pool.shares + shares }
  writeDelegation(state, operator, sender, { ...delegation, shares: delegation.shares + shares })
  putValidator(state, operator, { ...validator, pool }, context.block)
  context.account = { ...context.account, balance: context.account.balance - amount }
  const attributes = { delegator: context.senderName, operator: toHex(operator), amount: `${amount}`, shares: `${shares}` }
  context.events.push(event('delegate', attributes))
  return 'executed'
}

/** Takes stake from behind a validator; it is free when it has been punishable for long enough. */
export function undelegate(context: OperationContext, { operator, amount }: Undelegate): Outcome {
  const { state, sender, height: since } = context
  const { parameters } = context.rules
  const validator = takeValidator(state, operator)
  if (!validator) return 'validator-unknown'
  const paid = payDelegator(context, validator, operator)
  const { delegation } = paid
  if (!delegation || delegation.shares === 0n) return 'delegation-unknown'
  const worth = worthOf(paid.pool, delegation.shares)
  if (amount === 0n) return 'amount-zero'
  if (amount > worth) return 'balance-too-low'
  if (amount < worth && worth - amount < BigInt(parameters.minimum_delegation)) return 'delegation-too-low'
  const unbonding = withUnbonding(delegation.unbonding, { since, height: since + parameters.unbonding_blocks, amount })
  const height = unbonding?.at(-1)?.height
  if (!unbonding || height === undefined) return 'unbonding-full'
  if (unbonding.length > delegation.unbonding.length) enqueueUnbonding(state, height, { operator, delegator: sender })
  const { tokens, shares } = paid.pool
  const taken = amount === worth ? delegation.shares : (amount * shares + tokens - 1n) / tokens
  writeDelegation(state, operator, sender, { ...delegation, shares: delegation.shares - taken, unbonding })
  const pool = { ...paid.pool, tokens: tokens - amount, shares: shares - taken }
  putValidator(state, operator, swept({ ...validator, pool }), context.block)
  const attributes = { delegator: context.senderName, operator: toHex(operator), amount: `${amount}`, free: `${height}` }
  context.events.push(event('undelegate', attributes))
  return 'executed'
}

/** Pays out what the sender has earned: as the operator, as a delegator, or as both. */
export function withdrawRewards(context: OperationContext, { operator }: WithdrawRewards): Outcome {
  const { state, sender } = context
  const validator = takeValidator(state, operator)
  if (!validator) return 'validator-unknown'
  const isOperator = bytesEqual(sender, operator)
  const { pool, delegation, amount } = payDelegator(context, validator, operator)
  if (!delegation && !isOperator) return 'delegation-unknown'
  if (delegation) writeDelegation(state, operator, sender, delegation)
  const own = isOperator ? validator.earned : 0n
  context.account = { ...context.account, balance: context.account.balance + own }
  putValidator(state, operator, { ...validator, pool, earned: validator.earned - own }, context.block)
  const attributes = { to: context.senderName, operator: toHex(operator), amount: `${amount + own}` }
  context.events.push(event('withdraw-rewards', attributes))
  return 'executed'
}

/** What these shares of the pool are worth, rounded down: nobody takes out what is another's. */
function worthOf({ tokens, shares }: DelegationPool, part: bigint): bigint {
  return shares === 0n ? 0n : (part * tokens) / shares
}

/** `undefined` when a pool was slashed so far that its shares have no price, or that there would be too many of them. */
function sharesFor({ tokens, shares }: DelegationPool, amount: bigint): bigint | undefined {
  if (shares === 0n) return amount
  if (tokens === 0n) return undefined
  const bought = (amount * shares) / tokens
  return shares + bought > amountMax ? undefined : bought
}

/** Pays what the sender's shares have earned into its account. The records, changed, are the caller's to write. */
function payDelegator(
  context: OperationContext,
  { pool }: LedgerValidator,
  operator: Address,
): { readonly pool: DelegationPool; readonly delegation: Delegation | undefined; readonly amount: bigint } {
  const delegation = readDelegation(context.state, operator, context.sender)
  if (!delegation) return { pool, delegation, amount: 0n }
  const amount = gained(delegation.shares, delegation.index, pool.index)
  context.account = { ...context.account, balance: context.account.balance + amount }
  const index = pool.index
  return { pool: { ...pool, rewards: pool.rewards - amount }, delegation: { ...delegation, index }, amount }
}

/** When the last delegator has gone, what rounding has left behind is the operator's. */
function swept(validator: LedgerValidator): LedgerValidator {
  const { pool, earned } = validator
  if (pool.shares > 0n) return validator
  return { ...validator, earned: earned + pool.rewards, pool: { ...pool, rewards: 0n } }
}
