import { validatorsMax } from '../../chain/limits.ts'
import { verifyRegistration } from '../../chain/registration.ts'
import type { Operation } from '../../chain/transaction.ts'
import { bytesEqual, toHex } from '../../primitives/bytes.ts'
import { event, type OperationContext } from './operation-context.ts'
import { putValidator } from './put-validator.ts'
import { newValidator, readOperator, readRewards, readTotals, readValidator, writeOperator, writePossession } from './records.ts'
import type { Outcome } from './result-codes.ts'
import { addStake } from './stake.ts'

type RegisterValidator = Extract<Operation, { type: 'register-validator' }>

/** Possession proofs cost each node a pairing: this many to a block keep it within its time. */
export const registrationsMax = 16

/**
 * Makes the sender the operator of a validator, or adds to its stake when it operates one under this key already. The proof of
 * possession comes last, as it costs the most; a key has one operator for ever.
 */
export function registerValidator(context: OperationContext, operation: RegisterValidator): Outcome {
  const { state, sender, account, block, rules } = context
  const { consensusKey, possession, stake } = operation
  const existing = readValidator(state, sender)
  if (existing) {
    return bytesEqual(existing.consensusKey, consensusKey) ? addStake(context, stake) : 'key-differs'
  }
  if (readOperator(state, consensusKey)) return 'key-taken'
  if (stake < BigInt(rules.parameters.minimum_stake)) return 'stake-too-low'
  if (account.balance < stake) return 'balance-too-low'
  if (readTotals(state).validators >= validatorsMax) return 'validators-full'
  if (block.registrations >= registrationsMax) return 'registrations-full'
  block.registrations += 1
  if (!verifyRegistration(consensusKey, rules.chainId, sender, possession)) return 'possession-unproved'

  putValidator(state, sender, newValidator(consensusKey, stake, readRewards(state).index), block)
  writeOperator(state, consensusKey, sender)
  writePossession(state, consensusKey, possession)
  context.account = { ...account, balance: account.balance - stake }
  const attributes = { operator: context.senderName, key: toHex(consensusKey), stake: stake.toString() }
  context.events.push(event('register-validator', attributes))
  return 'executed'
}
