import { type ConsensusMessage, consensusMessageSchema } from '../../chain/consensus-message.ts'
import { type Proposal, proposalSignBytes, type SignedProposal } from '../../chain/proposal.ts'
import { type SignedVote, type Vote, voteSignBytes } from '../../chain/vote.ts'
import { decode, encode } from '../../codec/codec.ts'
import { blsSign } from '../../crypto/bls.ts'
import type { Ports } from '../../engine/ports.ts'
import type { Channel, PeerId } from '../../ports/network.ts'
import { type Bytes, bytesEqual } from '../../primitives/bytes.ts'
import type { LiarContext } from './liar.ts'

/**
 * Replaces the consensus messages that the liar's own node signs, peer by peer, on their way out, by any number of others. What the
 * node passes on for others is left alone: it could not be forged anyway.
 */
export interface Forgery {
  readonly vote?: (signed: SignedVote, to: PeerId) => readonly SignedVote[]
  readonly proposal?: (signed: SignedProposal, to: PeerId) => readonly SignedProposal[]
}

export function forgeOwnMessages({ ports, keypair, chainId }: LiarContext, forgery: Forgery): Ports {
  const { network } = ports
  const isOwn = (signature: Bytes, signBytes: Bytes) => bytesEqual(signature, blsSign(keypair, signBytes))

  function forged(message: ConsensusMessage, to: PeerId): readonly ConsensusMessage[] {
    if (message.type === 'vote' && forgery.vote) {
      const { vote } = message
      if (!isOwn(vote.signature, voteSignBytes(chainId, vote.vote))) return [message]
      return forgery.vote(vote, to).map((other) => ({ type: 'vote', vote: other }))
    }
    if (message.type === 'proposal' && forgery.proposal) {
      const { proposal } = message
      if (!isOwn(proposal.signature, proposalSignBytes(chainId, proposal.proposal))) return [message]
      return forgery.proposal(proposal, to).map((other) => ({ type: 'proposal', proposal: other }))
    }
    return [message]
  }

  /** The liar's own node is a production node: it would sign nothing more once it saw that its key signs elsewhere. */
  function betrays(channel: Channel, bytes: Bytes): boolean {
    if (channel !== 'consensus') return channel === 'evidence'
    const decoded = decode(consensusMessageSchema, bytes)
    if (!decoded.ok || decoded.value.type !== 'vote') return false
    const { vote, signature } = decoded.value.vote
    return isOwn(signature, voteSignBytes(chainId, vote))
  }

  return {
    ...ports,
    network: {
      ...network,
      start: (handlers) =>
        network.start({
          ...handlers,
          onMessage: (peer, channel, bytes) => betrays(channel, bytes) || handlers.onMessage(peer, channel, bytes),
          onGossip: (peer, channel, bytes) => (betrays(channel, bytes) ? 'ignore' : handlers.onGossip(peer, channel, bytes)),
        }),
      send(peer, channel, bytes) {
        const decoded = channel === 'consensus' ? decode(consensusMessageSchema, bytes) : undefined
        if (!decoded?.ok) return network.send(peer, channel, bytes)
        const sent = forged(decoded.value, peer).map((other) =>
          network.send(peer, channel, encode(consensusMessageSchema, other)),
        )
        return sent.every(Boolean)
      },
    },
  }
}

/** The liar has its own key, and no guard in front of it. */
export function signVote({ keypair, chainId }: LiarContext, vote: Vote, validator: number): SignedVote {
  return { vote, validator, signature: blsSign(keypair, voteSignBytes(chainId, vote)) }
}

export function signProposal(
  { keypair, chainId }: LiarContext,
  proposal: Proposal,
  block: SignedProposal['block'],
): SignedProposal {
  return { proposal, block, signature: blsSign(keypair, proposalSignBytes(chainId, proposal)) }
}
