/** What stands under the ledger's keys. A client decodes with these schemas what a state proof has proved. */
import {
  type Address,
  accountKey,
  address,
  type ConsensusKey,
  type ConsensusSignature,
  consensusKey,
  consensusSignature,
} from '../../chain/identifiers.ts'
import { decode, encode } from '../../codec/codec.ts'
import { bool, type Infer, list, type Schema, struct, u64, uint } from '../../codec/schema.ts'
import { assert } from '../../primitives/assert.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import type { StateReader, StateWriter } from '../state.ts'
import { accountStateKey, operatorStateKey, possessionStateKey, totalsStateKey, validatorStateKey } from './keys.ts'

/** An account that has neither received nor sent anything has no record: its balance and its nonce are 0. */
export const accountSchema = struct('Account', {
  /** Base units free to spend. */
  balance: u64(),
  /** The nonce of the account's next transaction. */
  nonce: uint(),
})
export type Account = Infer<typeof accountSchema>
const emptyAccount: Account = { balance: 0n, nonce: 0 }

/** Unstakings of one validator that can be under way at once. */
export const unbondingsMax = 16

/** A validator as its operator's account holds it. */
export const ledgerValidatorSchema = struct('LedgerValidator', {
  consensusKey,
  /** Base units at stake: the voting power, unless jailed. */
  stake: u64(),
  /** Convicted of misbehaviour: never votes again. */
  jailed: bool(),
  /** Stake on its way back to the operator, free after the block of `height`; rising heights. */
  unbonding: list(struct('Unbonding', { height: uint(), amount: u64() }), { max: unbondingsMax }),
})
export type LedgerValidator = Infer<typeof ledgerValidatorSchema>

/** Balances, stakes and unbonding stakes add up to `issued` − `burned`, always. */
export const totalsSchema = struct('Totals', {
  /** Base units created at genesis. */
  issued: u64(),
  /** Base units destroyed by slashing. */
  burned: u64(),
  /** Validators with voting power from the next height on. */
  validators: uint(),
})
export type Totals = Infer<typeof totalsSchema>

/** What stands under an operator's or an unbonding key: an address. */
export const addressRecordSchema = address
/** What stands under a delegation: an Ed25519 key. */
export const networkKeyRecordSchema = accountKey
/** What stands under a possession: the proof of a registration. */
const possessionRecordSchema = consensusSignature
export const countSchema = uint({ max: 0xffff_ffff })

export function readAccount(state: StateReader, account: Address): Account {
  return read(state, accountSchema, accountStateKey(account)) ?? emptyAccount
}

export function writeAccount(state: StateWriter, account: Address, record: Account): void {
  state.set(accountStateKey(account), encode(accountSchema, record))
}

export function readValidator(state: StateReader, operator: Address): LedgerValidator | undefined {
  return read(state, ledgerValidatorSchema, validatorStateKey(operator))
}

export function writeValidator(state: StateWriter, operator: Address, record: LedgerValidator): void {
  state.set(validatorStateKey(operator), encode(ledgerValidatorSchema, record))
}

/** The account that operates the validator of this key, today or formerly. */
export function readOperator(state: StateReader, key: ConsensusKey): Address | undefined {
  return read(state, addressRecordSchema, operatorStateKey(key))
}

export function writeOperator(state: StateWriter, key: ConsensusKey, operator: Address): void {
  state.set(operatorStateKey(key), encode(addressRecordSchema, operator))
}

/** How a validator that registered has proved that it knows its key. */
export function readPossession(
  state: StateReader,
  key: ConsensusKey,
): { readonly operator: Address; readonly proof: ConsensusSignature } | undefined {
  const operator = readOperator(state, key)
  const proof = read(state, possessionRecordSchema, possessionStateKey(key))
  return operator && proof && { operator, proof }
}

export function writePossession(state: StateWriter, key: ConsensusKey, proof: ConsensusSignature): void {
  state.set(possessionStateKey(key), encode(possessionRecordSchema, proof))
}

export function readTotals(state: StateReader): Totals {
  const totals = read(state, totalsSchema, totalsStateKey)
  assert(totals, 'the ledger has its totals from genesis on')
  return totals
}

export function writeTotals(state: StateWriter, totals: Totals): void {
  state.set(totalsStateKey, encode(totalsSchema, totals))
}

/** A record of our own: that it does not decode is damage, not hostility. */
export function read<T>(state: StateReader, schema: Schema<T>, key: Bytes): T | undefined {
  const encoded = state.get(key)
  if (encoded === undefined) return undefined
  const decoded = decode(schema, encoded)
  assert(decoded.ok, 'a record of the ledger does not decode')
  return decoded.value
}
