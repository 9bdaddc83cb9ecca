import { encode } from '../codec/codec.ts'
import { type Infer, list, struct, u64 } from '../codec/schema.ts'
import { type Hash, taggedHash } from '../crypto/hash.ts'
import { assert } from '../primitives/assert.ts'
import { bytesEqual, compareBytes } from '../primitives/bytes.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import { type ConsensusKey, consensusKey } from './identifiers.ts'
import { validatorsMax } from './limits.ts'

/** A validator as consensus sees it: a key and its voting power (stake in base units). */
export const validatorSchema = struct('Validator', { consensusKey, power: u64() })
export type Validator = Infer<typeof validatorSchema>

/** Sorted by consensus key, no key twice, every power positive. A validator's index in this order names it in votes. */
export const validatorSetSchema = struct('ValidatorSet', { validators: list(validatorSchema, { min: 1, max: validatorsMax }) })

export interface ValidatorSet {
  readonly validators: readonly Validator[]
  readonly totalPower: bigint
}

/** A set in canonical order. Asserts that there is at least one validator and no key twice: callers validate what others sent. */
export function validatorSet(validators: readonly Validator[]): ValidatorSet {
  const sorted = validators
    .filter((validator) => validator.power > 0n)
    .sort((a, b) => compareBytes(a.consensusKey, b.consensusKey))
  assert(sorted.length > 0 && sorted.length <= validatorsMax, 'a validator set has 1 to 1,024 members')
  let totalPower = 0n
  for (const [index, validator] of sorted.entries()) {
    const previous = sorted[index - 1]
    assert(!previous || !bytesEqual(previous.consensusKey, validator.consensusKey), 'a validator stands twice in its set')
    totalPower += validator.power
  }
  return { validators: sorted, totalPower }
}

/** A set as somebody sent it. Rejects VALIDATORS_MALFORMED unless it is in its one form: no key twice, in order, every power positive. */
export function readValidatorSet(validators: readonly Validator[]): Result<ValidatorSet> {
  let totalPower = 0n
  for (const [index, { consensusKey: key, power }] of validators.entries()) {
    const previous = validators[index - 1]
    const isInOrder = !previous || compareBytes(previous.consensusKey, key) < 0
    if (!isInOrder || power === 0n) return reject('VALIDATORS_MALFORMED', `member ${index}`)
    totalPower += power
  }
  const fits = validators.length > 0 && validators.length <= validatorsMax
  return fits ? ok({ validators, totalPower }) : reject('VALIDATORS_MALFORMED', `${validators.length} members`)
}

/** A set lives as one value for as long as nobody comes or goes, and is asked for its hash several times a block. */
const hashes = new WeakMap<ValidatorSet, Hash>()

export function validatorSetHash(set: ValidatorSet): Hash {
  const known = hashes.get(set)
  if (known) return known
  const hash = taggedHash('synod/validators', encode(validatorSetSchema, { validators: set.validators }))
  hashes.set(set, hash)
  return hash
}

export function indexOfValidator(set: ValidatorSet, key: ConsensusKey): number | undefined {
  const index = set.validators.findIndex((validator) => bytesEqual(validator.consensusKey, key))
  return index < 0 ? undefined : index
}

/** More than two thirds: enough to decide. */
export function isQuorum(power: bigint, total: bigint): boolean {
  return 3n * power > 2n * total
}

/** More than one third: at least one honest validator among them. */
export function hasHonest(power: bigint, total: bigint): boolean {
  return 3n * power > total
}
