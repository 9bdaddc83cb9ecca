import { validatorsMax } from '../../chain/limits.ts'
import { event, type OperationContext } from './operation-context.ts'
import { putValidator } from './put-validator.ts'
import { readTotals } from './records.ts'
import type { Outcome } from './result-codes.ts'
import { takeValidator } from './rewards.ts'

/** Gives a validator that was jailed for absence its vote back, when its time is over. Who voted twice never comes back. */
export function unjail(context: OperationContext): Outcome {
  const { state, sender, height, rules } = context
  const validator = takeValidator(state, sender)
  if (!validator) return 'not-a-validator'
  if (!validator.jailed) return 'not-jailed'
  if (validator.convicted) return 'validator-jailed'
  if (height < validator.jailedUntil) return 'jailed-still'
  if (validator.stake < BigInt(rules.parameters.minimum_stake)) return 'stake-too-low'
  if (readTotals(state).validators >= validatorsMax) return 'validators-full'
  putValidator(state, sender, { ...validator, jailed: false, jailedUntil: 0 }, context.block)
  context.events.push(event('unjail', { operator: context.senderName }))
  return 'executed'
}
