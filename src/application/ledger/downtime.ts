/**
 * Who does not sign is jailed, for a time and without loss of stake. Absence is counted over a sliding window of blocks; only of those
 * who were absent in it is anything kept, and a validator that always signs costs nothing. Spec: docs/spec/ledger.md, "Absence".
 */
import type { Address } from '../../chain/identifiers.ts'
import { encode } from '../../codec/codec.ts'
import { assert } from '../../primitives/assert.ts'
import { type Bytes, bytesKey } from '../../primitives/bytes.ts'
import type { LastCommit } from '../application.ts'
import type { StateReader, StateWriter } from '../state.ts'
import { absenceStateKey, absenteesStateKey, attendanceStateKey } from './keys.ts'
import type { BlockProgress } from './operation-context.ts'
import type { LedgerParameters } from './parameters.ts'
import { putValidator } from './put-validator.ts'
import { absenteesSchema, attendanceSchema, read, readOperator, readTotals, readValidator } from './records.ts'
import { powerOf, signersOf, takeValidator } from './rewards.ts'

type State = StateReader & StateWriter

/** Bits of one record of a bitmap: a block of absence rewrites one of them, however long the window is. */
const partBits = 1024

export function watchAttendance(
  state: State,
  { height, lastCommit }: { readonly height: number; readonly lastCommit: LastCommit | undefined },
  parameters: LedgerParameters,
  block: BlockProgress,
): void {
  const before = read(state, absenteesSchema, absenteesStateKey) ?? []
  const { downtime_window: window } = parameters
  if (!lastCommit || window === 0) return
  const signed = signersOf(lastCommit)
  const { validators } = lastCommit.validators
  if (before.length === 0 && signed.size === validators.length) return
  const absent = validators
    .filter(({ consensusKey }) => !signed.has(bytesKey(consensusKey)))
    .map(({ consensusKey }) => operatorOf(state, consensusKey))
  const watched = new Map<string, Address>()
  const place = (height - 1) % window
  const allowed = window - Math.ceil((window * parameters.downtime_min_signed_basis_points) / 10_000)
  for (const operator of absent) {
    const missed = mark(state, operator, { window, place, wasAbsent: true })
    const isJailed = missed > allowed && jail(state, operator, height + parameters.downtime_jail_blocks, block)
    if (isJailed) forget(state, operator)
    else watched.set(bytesKey(operator), operator)
  }
  const isAbsent = new Set(absent.map(bytesKey))
  for (const operator of before) {
    if (isAbsent.has(bytesKey(operator))) continue
    const key = readValidator(state, operator)?.consensusKey
    const isPresent = key !== undefined && signed.has(bytesKey(key))
    if (isPresent && mark(state, operator, { window, place, wasAbsent: false }) > 0) watched.set(bytesKey(operator), operator)
    else forget(state, operator)
  }
  state.set(absenteesStateKey, encode(absenteesSchema, [...watched.values()]))
}

function operatorOf(state: StateReader, key: Bytes): Address {
  const operator = readOperator(state, key)
  assert(operator, 'every member of a set has an operator')
  return operator
}

/** Notes one block of the window. @returns how many the validator missed in it. */
function mark(
  state: State,
  operator: Address,
  { window, place, wasAbsent }: { readonly window: number; readonly place: number; readonly wasAbsent: boolean },
): number {
  const kept = read(state, attendanceSchema, attendanceStateKey(operator))
  // The window has become another: what was counted in the old one says nothing in it.
  if (kept && kept.window !== window) forget(state, operator)
  const missed = kept?.window === window ? kept.missed : 0
  const key = absenceStateKey(operator, Math.floor(place / partBits))
  const part = new Uint8Array(state.get(key) ?? new Uint8Array(partBits / 8))
  const [byte, bit] = [(place % partBits) >> 3, 1 << (place & 7)]
  const was = ((part[byte] as number) & bit) !== 0
  if (was === wasAbsent) return missed
  part[byte] = (part[byte] as number) ^ bit
  state.set(key, part)
  const now = missed + (wasAbsent ? 1 : -1)
  state.set(attendanceStateKey(operator), encode(attendanceSchema, { window, missed: now }))
  return now
}

function forget(state: State, operator: Address): void {
  const kept = read(state, attendanceSchema, attendanceStateKey(operator))
  if (!kept) return
  for (let part = 0; part * partBits < kept.window; part++) state.delete(absenceStateKey(operator, part))
  state.delete(attendanceStateKey(operator))
}

/**
 * Jails a validator, unless less than two thirds of all that votes or is jailed for absence would go on voting: a few who stay must
 * never come to decide alone because the others are cut off. So the last validator is never jailed.
 */
function jail(state: State, operator: Address, until: number, block: BlockProgress): boolean {
  const validator = takeValidator(state, operator)
  assert(validator, 'every operator of a member of a set has a validator')
  const power = powerOf(validator)
  if (power === 0n) return true // It has left of its own accord, or was convicted.
  const totals = readTotals(state)
  const remaining = totals.power - power
  const mayGo = 3n * remaining >= 2n * (totals.power + totals.idle)
  putValidator(state, operator, mayGo ? { ...validator, jailed: true, jailedUntil: until } : validator, block)
  return mayGo
}
