/** What travels on the consensus channel. Spec: docs/spec/consensus.md, messages. */
import { bytes, documented, type Infer, optional, struct, uint, variant } from '../codec/schema.ts'
import { certificateSchema } from './certificate.ts'
import { hash } from './identifiers.ts'
import { roundMax, validatorsMax } from './limits.ts'
import { signedProposalSchema } from './proposal.ts'
import { signedVoteSchema } from './vote.ts'

const round = uint({ max: roundMax })
const bitmap = bytes({ min: 1, max: validatorsMax / 8 })

/** Steps as they stand on the wire. */
export const stepOnWire = { 'new-height': 0, propose: 1, prevote: 2, precommit: 3, decided: 4 } as const

/** Where a node stands in its height and what it holds, so that its peers can send what it lacks. Unsigned: it concerns nobody else. */
export const roundStateSchema = documented(
  struct('RoundState', {
    height: uint(),
    round,
    step: uint({ max: 4 }),
    /** The block of the round's proposal, when the node has it. */
    proposal: optional(hash),
    /** A round whose polka the node lacks to judge that proposal. */
    missingPolka: optional(round),
    /** The block with a precommit quorum, once the node knows of one. */
    decided: optional(hash),
    /** A block with a quorum of votes that the node lacks. */
    missingBlock: optional(hash),
    /** The round of the node's valid block. */
    validRound: optional(round),
    /** Whose votes of the round the node has counted. */
    prevotes: bitmap,
    precommits: bitmap,
  }),
  'Where a node stands in its height and what it holds of its round.',
)
export type RoundState = Infer<typeof roundStateSchema>

/** Struct cases are flat on the wire, so each message stands in a field of its own. */
export const consensusMessageSchema = variant('ConsensusMessage', {
  proposal: { tag: 1, schema: struct('ProposalMessage', { proposal: signedProposalSchema }) },
  vote: { tag: 2, schema: struct('VoteMessage', { vote: signedVoteSchema }) },
  certificate: { tag: 3, schema: struct('CertificateMessage', { certificate: certificateSchema }) },
  'round-state': { tag: 4, schema: struct('RoundStateMessage', { roundState: roundStateSchema }) },
})
export type ConsensusMessage = Infer<typeof consensusMessageSchema>
