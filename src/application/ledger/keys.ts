/**
 * Where the ledger keeps what, in the state: one letter, then the name of the thing. The letters are never 0, which marks the node's
 * own keys. Spec: docs/spec/ledger.md, "State".
 */
import type { Address, ConsensusKey } from '../../chain/identifiers.ts'
import { type Bytes, concatBytes } from '../../primitives/bytes.ts'

const letters = {
  account: 0x61,
  attendance: 0x77,
  delegation: 0x64,
  governance: 0x63,
  key: 0x6b,
  network: 0x6e,
  possession: 0x70,
  rewards: 0x72,
  share: 0x73,
  totals: 0x74,
  unbonding: 0x75,
  validator: 0x76,
} as const

/** An account's record: `accountSchema`. */
export function accountStateKey(address: Address): Bytes {
  return prefixed(letters.account, address)
}

/** The validator an account operates: `ledgerValidatorSchema`. */
export function validatorStateKey(operator: Address): Bytes {
  return prefixed(letters.validator, operator)
}

/** The address of the account that operates the validator of this key. Never removed: a retired key stays punishable. */
export function operatorStateKey(consensusKey: ConsensusKey): Bytes {
  return prefixed(letters.key, consensusKey)
}

/** The proof with which the validator of this key registered. Genesis validators have theirs in the chain spec. */
export function possessionStateKey(consensusKey: ConsensusKey): Bytes {
  return prefixed(letters.possession, consensusKey)
}

/** The address of the account that has delegated this network key. */
export function networkKeyStateKey(networkKey: Bytes): Bytes {
  return prefixed(letters.network, networkKey)
}

/** The network key that an account has delegated. */
export function delegationStateKey(operator: Address): Bytes {
  return prefixed(letters.delegation, operator)
}

/** What a delegator has with the validator of an operator: `delegationSchema`. */
export function shareStateKey(operator: Address, delegator: Address): Bytes {
  return prefixed(letters.share, concatBytes(operator, delegator))
}

/** Whose absence is counted: `absenteesSchema`. */
export const absenteesStateKey: Bytes = Uint8Array.of(letters.attendance)

/** How often the validator of an operator was absent: `attendanceSchema`. */
export function attendanceStateKey(operator: Address): Bytes {
  return prefixed(letters.attendance, operator)
}

/** Where it was absent: 128 bytes of a bitmap, numbered from 0. */
export function absenceStateKey(operator: Address, part: number): Bytes {
  return prefixed(letters.attendance, concatBytes(operator, bigEndian(part, 2)))
}

/** What was paid in for validators and has not been paid out: `rewardsSchema`. */
export const rewardsStateKey: Bytes = Uint8Array.of(letters.rewards)

/** How many owners have stake coming free at this height. */
export function unbondingCountStateKey(height: number): Bytes {
  return prefixed(letters.unbonding, bigEndian(height, 8))
}

/** Whose stake it is, numbered from 0: `unbondingClaimSchema`. */
export function unbondingStateKey(height: number, index: number): Bytes {
  const key = new Uint8Array(13)
  key.set(unbondingCountStateKey(height))
  key.set(bigEndian(index, 4), 9)
  return key
}

/** What is being voted on, and what votes have changed: `governanceSchema`. */
export const governanceStateKey: Bytes = Uint8Array.of(letters.governance)

/** Sums over the whole ledger: `totalsSchema`. */
export const totalsStateKey: Bytes = Uint8Array.of(letters.totals)

function prefixed(letter: number, rest: Bytes): Bytes {
  const key = new Uint8Array(1 + rest.length)
  key[0] = letter
  key.set(rest, 1)
  return key
}

function bigEndian(value: number, length: number): Bytes {
  const bytes = new Uint8Array(length)
  for (let index = length - 1, rest = value; index >= 0; index--, rest = Math.floor(rest / 256)) bytes[index] = rest % 256
  return bytes
}
