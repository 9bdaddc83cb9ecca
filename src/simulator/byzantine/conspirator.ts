import { consensusMessageSchema } from '../../chain/consensus-message.ts'
import { blockHash } from '../../chain/header.ts'
import type { Proposal } from '../../chain/proposal.ts'
import { validatorSet } from '../../chain/validator-set.ts'
import { precommit, prevote } from '../../chain/vote.ts'
import { decode, encode } from '../../codec/codec.ts'
import type { Ports } from '../../engine/ports.ts'
import type { PeerId, Verdict } from '../../ports/network.ts'
import { type Bytes, bytesEqual } from '../../primitives/bytes.ts'
import { eavesdrop, withHandlers } from './eavesdrop.ts'
import type { Liar } from './liar.ts'
import { forgeOwnMessages, signProposal, signVote } from './own-messages.ts'

/** Conspirators need not agree on whom to deceive: every third node, from the second on. */
export function isOtherSide(peer: PeerId): boolean {
  return (peer.codePointAt(peer.length - 1) as number) % 3 === 1
}

/**
 * Keeps two faces for as long as the two sides do not hear each other: to one it is honest, and whatever is proposed among the others it
 * votes for at once, twice. With more than a third of the power, conspirators make two blocks of one height final; with less, none.
 */
export const conspirator: Liar = (context) => {
  const { network } = context.ports
  const { validators } = validatorSet(context.spec.validators)
  const own = validators.findIndex(({ consensusKey }) => bytesEqual(consensusKey, context.keypair.publicKey))

  function voteFor({ height, round, blockHash: hash }: Pick<Proposal, 'height' | 'round' | 'blockHash'>): void {
    for (const kind of [prevote, precommit]) {
      const vote = signVote(context, { kind, height, round, blockHash: hash }, own)
      const bytes = encode(consensusMessageSchema, { type: 'vote', vote })
      for (const { id } of network.peers()) if (isOtherSide(id)) network.send(id, 'consensus', bytes)
    }
  }

  const forging = forgeOwnMessages(context, {
    vote: (signed, to) => (isOtherSide(to) ? [] : [signed]),
    proposal(signed, to) {
      const { proposal, block } = signed
      if (!isOtherSide(to) || proposal.validRound !== undefined) return [signed]
      const header = { ...block.header, time: block.header.time + 1 }
      const other = { ...proposal, blockHash: blockHash(header) }
      voteFor(other)
      return [signProposal(context, other, { ...block, header })]
    },
  })
  const deceiving = eavesdrop(forging, (message, from) => {
    if (message.type === 'proposal' && isOtherSide(from)) voteFor(message.proposal.proposal)
  })
  return discreet(deceiving)
}

/** Neither side learns from it what the other has decided: nothing is passed on, and the other side hears its proposals alone. */
function discreet(ports: Ports): Ports {
  const { network } = withHandlers(ports, (handlers) => ({
    ...handlers,
    async onGossip(peer, channel, message): Promise<Verdict> {
      await handlers.onGossip(peer, channel, message)
      return 'ignore'
    },
    onRequest(peer, protocol, message) {
      return isOtherSide(peer) ? keepingSecrets() : handlers.onRequest(peer, protocol, message)
    },
  }))
  return {
    ...ports,
    network: {
      ...network,
      broadcast: () => undefined,
      send(peer, channel, bytes) {
        const decoded = isOtherSide(peer) && channel === 'consensus' ? decode(consensusMessageSchema, bytes) : undefined
        const isSecret = isOtherSide(peer) && !(decoded?.ok && decoded.value.type === 'proposal')
        return isSecret || network.send(peer, channel, bytes)
      },
    },
  }
}

// biome-ignore lint/correctness/useYield: it answers nothing.
async function* keepingSecrets(): AsyncGenerator<Bytes> {
  throw new Error('it keeps its secrets')
}
