import { encode } from '../codec/codec.ts'
import { type Infer, optional, struct, uint } from '../codec/schema.ts'
import { type Hash, taggedHash } from '../crypto/hash.ts'
import { type ChainId, consensusSignature, hash } from './identifiers.ts'
import { roundMax, validatorsMax } from './limits.ts'

/** Vote kinds as they stand on the wire. */
export const prevote = 1
export const precommit = 2
export type VoteKind = typeof prevote | typeof precommit

/** What a validator signs: no validator in it, so that equal votes share one message and their signatures aggregate. */
export const voteSchema = struct('Vote', {
  kind: uint({ max: 2 }),
  height: uint(),
  round: uint({ max: roundMax }),
  /** Absent: a vote for nil. */
  blockHash: optional(hash),
})
export type Vote = Infer<typeof voteSchema>

/** A vote with its signer, named by index in the validator set of the vote's height. */
export const signedVoteSchema = struct('SignedVote', {
  vote: voteSchema,
  validator: uint({ max: validatorsMax - 1 }),
  signature: consensusSignature,
})
export type SignedVote = Infer<typeof signedVoteSchema>

/** The 32 bytes under a vote's signature. */
export function voteSignBytes(chainId: ChainId, vote: Vote): Hash {
  return taggedHash('synod/vote', chainId, encode(voteSchema, vote))
}
