/**
 * What a light client is sent of a height: the header, the commit that made its block final, who decided it and who decides the next.
 * Everything in it hangs from the header by hashes; whether the header is the chain's is for `verify-light-block.ts` to say.
 * Spec: docs/spec/light-client.md.
 */
import { transactionResultSchema } from '../application/application.ts'
import { valueBytesMax } from '../application/state-tree/page.ts'
import { stateProofSchema } from '../application/state-tree/proof.ts'
import { type Commit, commitSchema } from '../chain/certificate.ts'
import { blockHash, type Header, headerSchema } from '../chain/header.ts'
import { type ChainId, hash } from '../chain/identifiers.ts'
import { keyPossessionSchema } from '../chain/key-possession.ts'
import { transactionBytesMax, validatorsMax } from '../chain/limits.ts'
import { readValidatorSet, type ValidatorSet, validatorSchema, validatorSetHash } from '../chain/validator-set.ts'
import { bytes, type Infer, list, optional, struct, uint, variant } from '../codec/schema.ts'
import type { Hash } from '../crypto/hash.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import { ok, type Result, reject } from '../primitives/result.ts'

const members = list(validatorSchema, { min: 1, max: validatorsMax })

export const lightBlockSchema = struct('LightBlock', {
  header: headerSchema,
  commit: commitSchema,
  /** Who decided this height. */
  validators: members,
  /** Who decides the next. Absent: the same. */
  nextValidators: optional(members),
  /** Of validators of this height, as far as the sender has them: needed to skip over a change of validators. */
  possessions: list(keyPossessionSchema, { max: validatorsMax }),
})
export type LightBlock = Infer<typeof lightBlockSchema>

/** In a hello: the node answers requests for light blocks. */
export const lightCapability = 'light'

/** Longer keys are nobody's. */
const stateKeyBytesMax = 1024

/** Heights of an answer: each costs whoever serves it a record as large as a set. */
export const changesMax = 128

/** Heights after which other validators decide, rising. */
export const validatorChangesSchema = struct('ValidatorChanges', { heights: list(uint(), { max: changesMax }) })

/** What the latest final state has under a key, `undefined` for nothing, and the proof against the app hash of that height's header. */
export const provenStateSchema = struct('ProvenState', {
  height: uint(),
  value: optional(bytes({ max: valueBytesMax })),
  proof: stateProofSchema,
})
export type ProvenState = Infer<typeof provenStateSchema>

const inclusion = struct('InclusionProof', { index: uint(), size: uint(), path: list(hash, { max: 64 }) })

/** A final transaction and its result, with the proofs against the transactions root and the results hash of that height's header. */
export const provenTransactionSchema = struct('ProvenTransaction', {
  height: uint(),
  encoded: bytes({ max: transactionBytesMax }),
  result: transactionResultSchema,
  proof: inclusion,
  resultProof: inclusion,
})
export type ProvenTransaction = Infer<typeof provenTransactionSchema>

const stateKey = bytes({ min: 1, max: stateKeyBytesMax })

export const lightRequestSchema = variant('LightRequest', {
  /** Answered with a `LightBlock`, or with nothing when it is not held. Height 0: the latest. */
  'light-block': { tag: 1, schema: struct('LightBlockRequest', { height: uint() }) },
  /** Answered with each `Certificate` of prevotes for a block of this height that is kept. */
  polkas: { tag: 2, schema: struct('PolkasRequest', { height: uint() }) },
  /** Answered with the `ValidatorChanges` above this height, as far as they are known. */
  changes: { tag: 3, schema: struct('ValidatorChangesRequest', { height: uint() }) },
  /** Answered with a `ProvenState`. */
  state: { tag: 4, schema: struct('ProvenStateRequest', { key: stateKey }) },
  /** Answered with a `ProvenTransaction`, or with nothing while no final block holds it. */
  transaction: { tag: 5, schema: struct('ProvenTransactionRequest', { id: hash }) },
})

/** A light block whose parts belong together: the commit is of this header, and the sets are those that the header names. */
export interface ConsistentBlock {
  readonly light: LightBlock
  readonly header: Header
  readonly hash: Hash
  readonly commit: Commit
  readonly validators: ValidatorSet
  readonly next: ValidatorSet
}

/** Rejects BLOCK_WRONG_CHAIN, LIGHT_BLOCK_MALFORMED, VALIDATORS_MALFORMED. */
export function readLightBlock(chainId: ChainId, light: LightBlock): Result<ConsistentBlock> {
  const { header, commit } = light
  const where = `height ${header.height}`
  if (!bytesEqual(header.chainId, chainId)) return reject('BLOCK_WRONG_CHAIN', where)
  const hash = blockHash(header)
  if (commit.height !== header.height || !bytesEqual(commit.blockHash, hash)) {
    return reject('LIGHT_BLOCK_MALFORMED', `${where}: the commit is of another block`)
  }
  const validators = namedSet(light.validators, header.validatorsHash, where)
  if (!validators.ok) return validators
  const next = namedSet(light.nextValidators ?? light.validators, header.nextValidatorsHash, where)
  return next.ok ? ok({ light, header, hash, commit, validators: validators.value, next: next.value }) : next
}

function namedSet(validators: LightBlock['validators'], hash: Hash, where: string): Result<ValidatorSet> {
  const set = readValidatorSet(validators)
  if (!set.ok || bytesEqual(validatorSetHash(set.value), hash)) return set
  return reject('LIGHT_BLOCK_MALFORMED', `${where}: the validators are not those its header names`)
}
