import { type Infer, struct, uint, variant } from '../codec/schema.ts'
import type { Hash } from '../crypto/hash.ts'
import { type ChainId, consensusSignature, hash } from './identifiers.ts'
import { type Proposal, proposalSchema, proposalSignBytes } from './proposal.ts'
import { type Vote, voteSchema, voteSignBytes } from './vote.ts'

/**
 * All that a validator's key ever signs for consensus, by what it means. A holder of the key computes the bytes under the signature
 * itself, so that nobody has it sign something else. Spec: docs/spec/consensus.md, "What is signed".
 */
export const signingSubjectSchema = variant('SigningSubject', {
  vote: { tag: 0, schema: struct('SubjectVote', { vote: voteSchema }) },
  proposal: { tag: 1, schema: struct('SubjectProposal', { proposal: proposalSchema }) },
})
export type SigningSubject =
  | { readonly type: 'vote'; readonly vote: Vote }
  | { readonly type: 'proposal'; readonly proposal: Proposal }

/** The 32 bytes under the signature. */
export function signBytesOf(chainId: ChainId, subject: SigningSubject): Hash {
  return subject.type === 'vote' ? voteSignBytes(chainId, subject.vote) : proposalSignBytes(chainId, subject.proposal)
}

/** Where in the course of consensus a message stands: a validator signs one for each place, and only forwards. */
export interface SignedPosition {
  readonly height: number
  readonly round: number
  /** 0 proposal, 1 prevote, 2 precommit: the order within a round. */
  readonly step: number
}

export function positionOf(subject: SigningSubject): SignedPosition {
  const { height, round } = subject.type === 'vote' ? subject.vote : subject.proposal
  return { height, round, step: subject.type === 'vote' ? subject.vote.kind : 0 }
}

/** The latest consensus message a validator signed, as its holder keeps it. */
export const lastSignedSchema = struct('LastSigned', {
  height: uint(),
  round: uint(),
  step: uint({ max: 2 }),
  signBytes: hash,
  signature: consensusSignature,
})
export type LastSigned = Infer<typeof lastSignedSchema>
