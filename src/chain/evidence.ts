import { encode } from '../codec/codec.ts'
import { type Infer, list, struct, variant } from '../codec/schema.ts'
import { type Hash, taggedHash } from '../crypto/hash.ts'
import { compareBytes } from '../primitives/bytes.ts'
import { type ConsensusKey, consensusKey, consensusSignature } from './identifiers.ts'
import { blockEvidenceMax } from './limits.ts'
import { type SignedVote, type Vote, voteSchema } from './vote.ts'

/** Two different votes of one kind by one validator in one round. The vote with the smaller encoding stands first. */
const duplicateVote = struct('DuplicateVote', {
  consensusKey,
  first: voteSchema,
  firstSignature: consensusSignature,
  second: voteSchema,
  secondSignature: consensusSignature,
})

/** Proof that a validator broke the protocol, checkable by anyone who knows the validator set of that height. */
export const evidenceSchema = variant('Evidence', { 'duplicate-vote': { tag: 1, schema: duplicateVote } })
export type Evidence = Infer<typeof evidenceSchema>

export const evidenceListSchema = list(evidenceSchema, { max: blockEvidenceMax })

/** Names a piece of evidence: it enters a block once. */
export function evidenceId(evidence: Evidence): Hash {
  return taggedHash('synod/evidence', encode(evidenceSchema, evidence))
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
