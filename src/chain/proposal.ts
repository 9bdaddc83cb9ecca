import { encode } from '../codec/codec.ts'
import { type Infer, optional, struct, uint } from '../codec/schema.ts'
import { type Hash, taggedHash } from '../crypto/hash.ts'
import { proposedBlockSchema } from './block.ts'
import { type ChainId, consensusSignature, hash } from './identifiers.ts'
import { roundMax } from './limits.ts'

/** What a proposer signs. */
export const proposalSchema = struct('Proposal', {
  height: uint(),
  round: uint({ max: roundMax }),
  /** The round in which the block got its polka; absent for a fresh block. */
  validRound: optional(uint({ max: roundMax })),
  blockHash: hash,
})
export type Proposal = Infer<typeof proposalSchema>

/** A proposal with the block it names. The signer is the proposer of (height, round), which everybody can compute. */
export const signedProposalSchema = struct('SignedProposal', {
  proposal: proposalSchema,
  block: proposedBlockSchema,
  signature: consensusSignature,
})
export type SignedProposal = Infer<typeof signedProposalSchema>

export function proposalSignBytes(chainId: ChainId, proposal: Proposal): Hash {
  return taggedHash('synod/proposal', chainId, encode(proposalSchema, proposal))
}
