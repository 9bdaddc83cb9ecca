import type { Operation } from '../../chain/transaction.ts'
import { event, type OperationContext } from './operation-context.ts'
import { putValidator } from './put-validator.ts'
import type { Outcome } from './result-codes.ts'
import { takeValidator } from './rewards.ts'

type SetCommission = Extract<Operation, { type: 'set-commission' }>

/**
 * Sets the operator's part of what its delegators earn, from now on. While it has delegators it rises in small steps and seldom, so
 * that they can leave before it hurts; it falls at will, and every change begins the wait anew.
 */
export function setCommission(context: OperationContext, { basisPoints }: SetCommission): Outcome {
  const { state, sender, height } = context
  const { parameters } = context.rules
  const validator = takeValidator(state, sender)
  if (!validator) return 'not-a-validator'
  const { pool } = validator
  if (pool.shares > 0n && basisPoints > pool.commission) {
    if (basisPoints - pool.commission > parameters.commission_rise_basis_points) return 'commission-too-steep'
    if (height < pool.commissionSince + parameters.commission_interval_blocks) return 'commission-too-soon'
  }
  const changed = { ...pool, commission: basisPoints, commissionSince: height }
  putValidator(state, sender, { ...validator, pool: changed }, context.block)
  context.events.push(event('set-commission', { operator: context.senderName, basisPoints: `${basisPoints}` }))
  return 'executed'
}
