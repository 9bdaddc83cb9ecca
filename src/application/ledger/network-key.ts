/**
 * Network keys: an operator with enough at stake delegates one Ed25519 key to the machines that speak for its validator, so that its
 * peers let them in where strangers have to wait. The key moves nothing and votes on nothing. Spec: docs/spec/ledger.md, "Network keys".
 */
import type { AccountKey, Address } from '../../chain/identifiers.ts'
import { type Operation, unitsPerToken } from '../../chain/transaction.ts'
import { encode } from '../../codec/codec.ts'
import { type Bytes, bytesEqual, toHex } from '../../primitives/bytes.ts'
import type { StateReader, StateWriter } from '../state.ts'
import { delegationStateKey, networkKeyStateKey } from './keys.ts'
import { event, type OperationContext } from './operation-context.ts'
import { addressRecordSchema, type LedgerValidator, networkKeyRecordSchema, read, readValidator } from './records.ts'
import type { Outcome } from './result-codes.ts'

type DelegateNetworkKey = Extract<Operation, { type: 'delegate-network-key' }>

/** Below this a place among a node's peers would be too cheap. */
export const networkKeyStakeMin = 1000n * unitsPerToken

/** Possession of the key is one of the transaction's signatures: the node has checked it. The account's former key is forgotten. */
export function delegateNetworkKey(
  { state, sender, senderName, events }: OperationContext,
  operation: DelegateNetworkKey,
): Outcome {
  const { networkKey } = operation
  const validator = readValidator(state, sender)
  if (!validator) return 'not-a-validator'
  if (validator.jailed) return 'validator-jailed'
  if (!suffices(validator)) return 'stake-too-low'
  const holder = read(state, addressRecordSchema, networkKeyStateKey(networkKey))
  if (holder && !bytesEqual(holder, sender)) return 'key-taken'
  withdrawNetworkKey(state, sender)
  writeNetworkKey(state, sender, networkKey)
  events.push(event('delegate-network-key', { operator: senderName, key: toHex(networkKey) }))
  return 'executed'
}

/** Of an account that has no other key, and a key that no other account has. */
export function writeNetworkKey(state: StateWriter, operator: Address, networkKey: AccountKey): void {
  state.set(networkKeyStateKey(networkKey), encode(addressRecordSchema, operator))
  state.set(delegationStateKey(operator), encode(networkKeyRecordSchema, networkKey))
}

/** After the stake of an operator has changed: its key goes with the stake. */
export function keepNetworkKey(state: StateReader & StateWriter, operator: Address, validator: LedgerValidator): void {
  if (!suffices(validator)) withdrawNetworkKey(state, operator)
}

/** What stands behind a network key, in base units. */
export function stakeOfNetworkKey(state: StateReader, networkKey: Bytes): bigint {
  const operator = read(state, addressRecordSchema, networkKeyStateKey(networkKey))
  const validator = operator && readValidator(state, operator)
  return validator && !validator.jailed && suffices(validator) ? validator.stake + validator.pool.tokens : 0n
}

/** The operator's own stake counts. A key outlives being jailed for absence, and speaks for nothing meanwhile. */
function suffices({ stake, jailed, convicted }: LedgerValidator): boolean {
  return !(jailed && convicted) && stake >= networkKeyStakeMin
}

function withdrawNetworkKey(state: StateReader & StateWriter, operator: Address): void {
  const former: AccountKey | undefined = read(state, networkKeyRecordSchema, delegationStateKey(operator))
  if (!former) return
  state.delete(networkKeyStateKey(former))
  state.delete(delegationStateKey(operator))
}
