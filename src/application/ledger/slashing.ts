import type { Evidence } from '../../chain/evidence.ts'
import { bytesKey } from '../../primitives/bytes.ts'
import type { StateWriter } from '../state.ts'
import { keepNetworkKey } from './network-key.ts'
import type { BlockProgress } from './operation-context.ts'
import type { LedgerParameters } from './parameters.ts'
import { readOperator, readTotals, readValidator, writeTotals, writeValidator } from './records.ts'

/**
 * Punishes a double signature: a part of what stood at stake when it was made is destroyed, stake on its way back included, and the
 * validator never votes again. Once: further evidence against a jailed validator changes nothing. The last validator keeps its vote,
 * since a chain without one could not go on.
 */
export function punish(state: StateWriter, evidence: Evidence, parameters: LedgerParameters, block: BlockProgress): void {
  const operator = readOperator(state, evidence.consensusKey)
  const validator = operator && readValidator(state, operator)
  if (!operator || !validator || validator.jailed) return
  const part = BigInt(parameters.slash_basis_points)
  const cut = (amount: bigint): bigint => (amount * part) / 10_000n
  const offence = evidence.first.height
  const unbonding = validator.unbonding.map((entry) => {
    const left = entry.height - parameters.unbonding_blocks
    return left >= offence ? { ...entry, amount: entry.amount - cut(entry.amount) } : entry
  })
  const stake = validator.stake - cut(validator.stake)

  const totals = readTotals(state)
  const active = validator.stake > 0n
  const jailed = !(active && totals.validators === 1)
  let burned = validator.stake - stake
  for (const [index, entry] of validator.unbonding.entries()) burned += entry.amount - (unbonding[index]?.amount ?? 0n)
  const punished = { ...validator, stake, jailed, unbonding }
  writeValidator(state, operator, punished)
  keepNetworkKey(state, operator, punished)
  const validators = totals.validators - (active && jailed ? 1 : 0)
  writeTotals(state, { ...totals, burned: totals.burned + burned, validators })
  block.touched.set(bytesKey(operator), operator)
}
