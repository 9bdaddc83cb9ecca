import type { StateReader, StateWriter } from '../application/state.ts'
import { type Evidence, offenceId } from '../chain/evidence.ts'
import type { ConsensusKey } from '../chain/identifiers.ts'
import { indexOfValidator, type ValidatorSet, validatorSet, validatorSetSchema } from '../chain/validator-set.ts'
import { decode, encode } from '../codec/codec.ts'
import { type Schema, uint } from '../codec/schema.ts'
import { decodePriorities, encodePriorities, type ProposerPriorities } from '../consensus/proposer.ts'
import { assert } from '../primitives/assert.ts'
import { type Bytes, bytesEqual, concatBytes, utf8 } from '../primitives/bytes.ts'

/**
 * The node's own part of the authenticated state, under keys whose first byte is 0: who decides the next height, who decided the
 * last, and whose turn it is to propose. Being state, it is proved, synchronised and rolled back like everything else.
 */
export interface SystemState {
  /** Decide the next height. */
  readonly validators: ValidatorSet
  /** Decided the latest final height: its commit, carried by the next block, is theirs. */
  readonly lastValidators: ValidatorSet
  /** Of `validators`, for the next height. */
  readonly priorities: ProposerPriorities
}

/** Marks an offence as punished: no proof of it enters a second block. */
export function evidenceKey(evidence: Evidence): Bytes {
  return concatBytes(key('evidence/'), offenceId(evidence))
}

/** Notes who has left the set of validators, with the last height they decided: what they did until then stays punishable. */
export function writeRetired(state: StateWriter, before: ValidatorSet, after: ValidatorSet, height: number): void {
  for (const { consensusKey } of before.validators) {
    if (indexOfValidator(after, consensusKey) === undefined) state.set(retiredKey(consensusKey), encode(uint(), height))
  }
}

/** Whether each key is, or at that height still was, a validator's. Anybody can make keys and vote twice with them. */
export function areAccountable(state: StateReader, keys: readonly ConsensusKey[], height: number): boolean {
  const present = readSet(state, validatorsKey)
  return keys.every((consensusKey) => {
    if (indexOfValidator(present, consensusKey) !== undefined) return true
    const retired = state.get(retiredKey(consensusKey))
    return retired !== undefined && height <= decodeOwn(uint(), retired)
  })
}

function retiredKey(consensusKey: ConsensusKey): Bytes {
  return concatBytes(key('retired/'), consensusKey)
}

const key = (name: string): Bytes => concatBytes(Uint8Array.of(0), utf8(name))
const validatorsKey = key('validators')
const lastValidatorsKey = key('last-validators')
const prioritiesKey = key('priorities')

export function readSystemState(state: StateReader): SystemState {
  return {
    validators: readSet(state, validatorsKey),
    lastValidators: readSet(state, lastValidatorsKey),
    priorities: decodePriorities(present(state, prioritiesKey)),
  }
}

export function writeSystemState(state: StateWriter, system: SystemState): void {
  writeWhenChanged(state, validatorsKey, encodeSet(system.validators))
  writeWhenChanged(state, lastValidatorsKey, encodeSet(system.lastValidators))
  writeWhenChanged(state, prioritiesKey, encodePriorities(system.priorities))
}

export function isSystemKey(key: Bytes): boolean {
  return key[0] === 0
}

function readSet(state: StateReader, key: Bytes): ValidatorSet {
  return validatorSet(decodeOwn(validatorSetSchema, present(state, key)).validators)
}

function encodeSet(set: ValidatorSet): Bytes {
  return encode(validatorSetSchema, { validators: set.validators })
}

function present(state: StateReader, key: Bytes): Bytes {
  const value = state.get(key)
  assert(value, 'the node’s own state is missing from the state tree')
  return value
}

function writeWhenChanged(state: StateWriter, key: Bytes, value: Bytes): void {
  const old = state.get(key)
  if (!old || !bytesEqual(old, value)) state.set(key, value)
}

/** Decodes what this node itself encoded: a failure is damage, not hostility. */
export function decodeOwn<T>(schema: Schema<T>, encoded: Bytes): T {
  const decoded = decode(schema, encoded)
  assert(decoded.ok, 'a record of our own does not decode')
  return decoded.value
}
