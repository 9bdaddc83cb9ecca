import { encode } from '../codec/codec.ts'
import { bytes, type Infer, list, optional, struct, uint, variant } from '../codec/schema.ts'
import { type Hash, taggedHash } from '../crypto/hash.ts'
import { compareBytes } from '../primitives/bytes.ts'
import { headerSchema } from './header.ts'
import { type ConsensusKey, consensusKey, consensusSignature } from './identifiers.ts'
import { keyPossessionSchema } from './key-possession.ts'
import { blockEvidenceMax, evidencePossessionsMax, validatorsMax } from './limits.ts'
import { type SignedVote, type Vote, voteSchema } from './vote.ts'

/** Two different votes of one kind by one validator in one round. The vote with the smaller encoding stands first. */
const duplicateVote = struct('DuplicateVote', {
  consensusKey,
  first: voteSchema,
  firstSignature: consensusSignature,
  second: voteSchema,
  secondSignature: consensusSignature,
})

/** The headers of two certified blocks that exclude each other, in the order of the votes. */
const contradictoryHeaders = struct('ContradictoryHeaders', { first: headerSchema, second: headerSchema })

/**
 * Two certificates for different values, both signed by the accused among others: a fork of the chain, or a false header shown to light
 * clients. They are of one kind, height and round; or of different rounds, and then they are commits of headers that contradict each
 * other. All signers are named, since a sum of signatures is checked with the sum of their keys.
 */
const conflictingCertificates = struct('ConflictingCertificates', {
  consensusKey,
  first: voteSchema,
  firstSignature: consensusSignature,
  second: voteSchema,
  secondSignature: consensusSignature,
  /** Of everybody who signed either, rising. */
  keys: list(consensusKey, { min: 1, max: validatorsMax }),
  /** Who signed which: bitmaps over `keys`. */
  firstSigners: bytes({ min: 1, max: validatorsMax / 8 }),
  secondSigners: bytes({ min: 1, max: validatorsMax / 8 }),
  /** Present exactly when the rounds differ. */
  headers: optional(contradictoryHeaders),
  /** Of signers who need not be validators of this chain, rising by key: a false header names whom it likes. */
  possessions: list(keyPossessionSchema, { max: evidencePossessionsMax }),
})

/** Proof that a validator broke the protocol, checkable by anyone who knows the validator set of that height. */
export const evidenceSchema = variant('Evidence', {
  'duplicate-vote': { tag: 1, schema: duplicateVote },
  'conflicting-certificates': { tag: 2, schema: conflictingCertificates },
})
export type Evidence = Infer<typeof evidenceSchema>
export type ConflictingCertificates = Extract<Evidence, { type: 'conflicting-certificates' }>

export const evidenceListSchema = list(evidenceSchema, { max: blockEvidenceMax })

/** Where the accused broke the protocol. */
const offenceSchema = struct('Offence', { consensusKey, height: uint() })

/**
 * Names what was done, not its proof: whatever a validator signed twice of one height, each pair is another proof of the same offence,
 * which is punished once.
 */
export function offenceId({ consensusKey, first: { height } }: Evidence): Hash {
  return taggedHash('synod/offence', encode(offenceSchema, { consensusKey, height }))
}

export function evidenceHash(evidence: readonly Evidence[]): Hash {
  return taggedHash('synod/evidence-list', encode(evidenceListSchema, evidence))
}

/** Two conflicting votes in the one order they may stand in. */
export function orderedEvidence(key: ConsensusKey, one: SignedVote, other: SignedVote): Evidence {
  const [first, second] = compareVotes(one.vote, other.vote) <= 0 ? [one, other] : [other, one]
  return {
    type: 'duplicate-vote',
    consensusKey: key,
    first: first.vote,
    firstSignature: first.signature,
    second: second.vote,
    secondSignature: second.signature,
  }
}

/** By encoding. */
export function compareVotes(left: Vote, right: Vote): -1 | 0 | 1 {
  return compareBytes(encode(voteSchema, left), encode(voteSchema, right))
}
