import { type ConsensusMessage, consensusMessageSchema } from '../../chain/consensus-message.ts'
import { type Proposal, proposalSignBytes, type SignedProposal } from '../../chain/proposal.ts'
import { type SignedVote, type Vote, voteSignBytes } from '../../chain/vote.ts'
import { decode, encode } from '../../codec/codec.ts'
import { blsSign } from '../../crypto/bls.ts'
import type { Ports } from '../../engine/ports.ts'
import type { PeerId } from '../../ports/network.ts'
import { bytesEqual } from '../../primitives/bytes.ts'
import type { LiarContext } from './liars.ts'

/**
 * Replaces the consensus messages that the liar's own node signs, peer by peer, on their way out. `undefined` keeps a message back,
 * the same message lets it pass. What the node passes on for others is left alone: it could not be forged anyway.
 */
export interface Forgery {
  readonly vote?: (signed: SignedVote, to: PeerId) => SignedVote | undefined
  readonly proposal?: (signed: SignedProposal, to: PeerId) => SignedProposal | undefined
}

export function forgeOwnMessages({ ports, keypair, chainId }: LiarContext, forgery: Forgery): Ports {
  const { network } = ports

  function forged(message: ConsensusMessage, to: PeerId): ConsensusMessage | undefined {
    if (message.type === 'vote' && forgery.vote) {
      const mine = bytesEqual(message.vote.signature, blsSign(keypair, voteSignBytes(chainId, message.vote.vote)))
      const vote = mine ? forgery.vote(message.vote, to) : message.vote
      return vote && { type: 'vote', vote }
    }
    if (message.type === 'proposal' && forgery.proposal) {
      const mine = bytesEqual(message.proposal.signature, blsSign(keypair, proposalSignBytes(chainId, message.proposal.proposal)))
      const proposal = mine ? forgery.proposal(message.proposal, to) : message.proposal
      return proposal && { type: 'proposal', proposal }
    }
    return message
  }

  return {
    ...ports,
    network: {
      ...network,
      send(peer, channel, bytes) {
        const decoded = channel === 'consensus' ? decode(consensusMessageSchema, bytes) : undefined
        if (!decoded?.ok) return network.send(peer, channel, bytes)
        const message = forged(decoded.value, peer)
        return message === undefined || network.send(peer, channel, encode(consensusMessageSchema, message))
      },
    },
  }
}

/** The liar has its own key, and no guard in front of it. */
export function signVote({ keypair, chainId }: LiarContext, vote: Vote, validator: number): SignedVote {
  return { vote, validator, signature: blsSign(keypair, voteSignBytes(chainId, vote)) }
}

export function signProposal({ keypair, chainId }: LiarContext, proposal: Proposal, block: SignedProposal['block']): SignedProposal {
  return { proposal, block, signature: blsSign(keypair, proposalSignBytes(chainId, proposal)) }
}
