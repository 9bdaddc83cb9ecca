import { verifyRegistration } from '../../chain/registration.ts'
import type { Operation } from '../../chain/transaction.ts'
import { bytesKey, toHex } from '../../primitives/bytes.ts'
import { event, type OperationContext } from './operation-context.ts'
import { putValidator } from './put-validator.ts'
import { readOperator, writeOperator, writePossession } from './records.ts'
import { registrationsMax } from './register-validator.ts'
import type { Outcome } from './result-codes.ts'
import { takeValidator } from './rewards.ts'

type RotateKey = Extract<Operation, { type: 'rotate-key' }>

/**
 * Gives the sender's validator another key, with which it votes from the next height on. The former one stays the operator's for ever,
 * so that what it signed is punished; a key that others have had is refused. One rotation an unbonding period: no stake that answers
 * for a key is ever more than one key behind.
 */
export function rotateKey(context: OperationContext, { consensusKey, possession }: RotateKey): Outcome {
  const { state, sender, block, height, rules } = context
  const validator = takeValidator(state, sender)
  if (!validator) return 'not-a-validator'
  if (validator.convicted) return 'validator-jailed'
  if (readOperator(state, consensusKey)) return 'key-taken'
  const { keySince, consensusKey: former } = validator
  if (keySince > 0 && height < keySince + rules.parameters.unbonding_blocks) return 'rotation-too-soon'
  if (block.registrations >= registrationsMax) return 'registrations-full'
  block.registrations += 1
  if (!verifyRegistration(consensusKey, rules.chainId, sender, possession)) return 'possession-unproved'
  writeOperator(state, consensusKey, sender)
  writePossession(state, consensusKey, possession)
  block.formerKeys.set(bytesKey(former), former)
  putValidator(state, sender, { ...validator, consensusKey, keySince: height }, block)
  const attributes = { operator: context.senderName, from: toHex(former), key: toHex(consensusKey) }
  context.events.push(event('rotate-key', attributes))
  return 'executed'
}
