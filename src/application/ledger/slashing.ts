import type { Evidence } from '../../chain/evidence.ts'
import type { StateReader, StateWriter } from '../state.ts'
import type { BlockProgress } from './operation-context.ts'
import type { LedgerParameters } from './parameters.ts'
import { putValidator } from './put-validator.ts'
import { readOperator, readTotals, readValidator, writeTotals } from './records.ts'
import { powerOf, takeValidator } from './rewards.ts'

/**
 * Punishes a double signature: a part of what stood at stake when it was made is destroyed, delegated stake and stake on its way back
 * included, and the validator never votes again. Once: further evidence against a convicted validator changes nothing. The last
 * validator keeps its vote, since a chain without one could not go on. Delegators' stake on its way back is found when it is paid out.
 */
export function punish(
  state: StateReader & StateWriter,
  evidence: Evidence,
  height: number,
  parameters: LedgerParameters,
  block: BlockProgress,
): void {
  const operator = readOperator(state, evidence.consensusKey)
  if (!operator || readValidator(state, operator)?.convicted) return
  const validator = takeValidator(state, operator)
  if (!validator) return
  const { slash_basis_points: basisPoints } = parameters
  const offence = evidence.first.height
  let burned = 0n
  const cut = (amount: bigint): bigint => {
    const part = (amount * BigInt(basisPoints)) / 10_000n
    burned += part
    return amount - part
  }
  const stake = cut(validator.stake)
  const pool = { ...validator.pool, tokens: cut(validator.pool.tokens) }
  const unbonding = validator.unbonding.map((entry) => (entry.since >= offence ? { ...entry, amount: cut(entry.amount) } : entry))
  const totals = readTotals(state)
  const isLast = powerOf(validator) > 0n && totals.validators === 1
  writeTotals(state, { ...totals, burned: totals.burned + burned })
  const convicted = { height: offence, at: height, basisPoints }
  putValidator(state, operator, { ...validator, stake, pool, unbonding, jailed: !isLast, jailedUntil: 0, convicted }, block)
}
