import type { Address } from '../../chain/identifiers.ts'
import { bytesKey } from '../../primitives/bytes.ts'
import type { StateReader, StateWriter } from '../state.ts'
import { keepNetworkKey } from './network-key.ts'
import type { BlockProgress } from './operation-context.ts'
import { type LedgerValidator, readTotals, readValidator, writeTotals, writeValidator } from './records.ts'
import { powerOf } from './rewards.ts'

/**
 * Writes a validator that `takeValidator` gave, changed, and everything that follows from the change: seats, the sums of power, its
 * network key, and that its power must be compared at the block's end.
 */
export function putValidator(
  state: StateReader & StateWriter,
  operator: Address,
  validator: LedgerValidator,
  block: BlockProgress,
): void {
  const before = readValidator(state, operator)
  const [had, has] = [before ? powerOf(before) : 0n, powerOf(validator)]
  const [wasIdle, isIdle] = [before ? idleOf(before) : 0n, idleOf(validator)]
  writeValidator(state, operator, validator)
  block.touched.set(bytesKey(operator), operator)
  keepNetworkKey(state, operator, validator)
  if (had === has && wasIdle === isIdle) return
  const totals = readTotals(state)
  const seats = (has > 0n ? 1 : 0) - (had > 0n ? 1 : 0)
  const { validators, power, idle } = totals
  writeTotals(state, { ...totals, validators: validators + seats, power: power + has - had, idle: idle + isIdle - wasIdle })
}

/** What would vote, were the validator not jailed for absence. */
function idleOf({ jailed, convicted, stake, pool }: LedgerValidator): bigint {
  return jailed && !convicted ? stake + pool.tokens : 0n
}
