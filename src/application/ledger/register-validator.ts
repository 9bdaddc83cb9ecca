import { validatorsMax } from '../../chain/limits.ts'
import { verifyRegistration } from '../../chain/registration.ts'
import type { Operation } from '../../chain/transaction.ts'
import { bytesEqual, toHex } from '../../primitives/bytes.ts'
import { event, type OperationContext } from './operation-context.ts'
import {
  readOperator,
  readTotals,
  readValidator,
  writeOperator,
  writePossession,
  writeTotals,
  writeValidator,
} from './records.ts'
import type { Outcome } from './result-codes.ts'
import { addStake, touch } from './stake.ts'

type RegisterValidator = Extract<Operation, { type: 'register-validator' }>

/** Possession proofs cost each node a pairing: this many to a block keep it within its time. */
const registrationsMax = 16

/**
 * Makes the sender the operator of a validator, or adds to its stake when it operates one under this key already. The proof of
 * possession comes last, as it costs the most; a key has one operator for ever.
 */
export function registerValidator(context: OperationContext, operation: RegisterValidator): Outcome {
  const { state, sender, account, block, rules } = context
  const { consensusKey, possession, stake } = operation
  const existing = readValidator(state, sender)
  if (existing) {
    return bytesEqual(existing.consensusKey, consensusKey) ? addStake(context, existing, stake) : 'key-differs'
  }
  if (readOperator(state, consensusKey)) return 'key-taken'
  if (stake < BigInt(rules.parameters.minimum_stake)) return 'stake-too-low'
  if (account.balance < stake) return 'balance-too-low'
  const totals = readTotals(state)
  if (totals.validators >= validatorsMax) return 'validators-full'
  if (block.registrations >= registrationsMax) return 'registrations-full'
  block.registrations += 1
  if (!verifyRegistration(consensusKey, rules.chainId, sender, possession)) return 'possession-unproved'

  writeValidator(state, sender, { consensusKey, stake, jailed: false, unbonding: [] })
  writeOperator(state, consensusKey, sender)
  writePossession(state, consensusKey, possession)
  writeTotals(state, { ...totals, validators: totals.validators + 1 })
  context.account = { ...account, balance: account.balance - stake }
  touch(context)
  const attributes = { operator: context.senderName, key: toHex(consensusKey), stake: stake.toString() }
  context.events.push(event('register-validator', attributes))
  return 'executed'
}
