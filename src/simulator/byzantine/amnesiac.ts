import { consensusMessageSchema } from '../../chain/consensus-message.ts'
import { prevote } from '../../chain/vote.ts'
import { decode } from '../../codec/codec.ts'
import type { Hash } from '../../crypto/hash.ts'
import type { Ports } from '../../engine/ports.ts'
import type { Liar } from './liars.ts'
import { forgeOwnMessages, signVote } from './own-messages.ts'

/** Forgets that it locked: where its node would prevote nil to keep its word, it votes for whatever is proposed. */
export const amnesiac: Liar = (context) => {
  const proposed = new Map<string, Hash>()
  const forging = forgeOwnMessages(context, {
    vote(signed) {
      const { vote, validator } = signed
      const block = proposed.get(`${vote.height} ${vote.round}`)
      if (vote.blockHash !== undefined || vote.kind !== prevote || !block) return signed
      return signVote(context, { ...vote, blockHash: block }, validator)
    },
  })
  return listening(forging, (message) => {
    const decoded = decode(consensusMessageSchema, message)
    if (!decoded.ok || decoded.value.type !== 'proposal') return
    const { height, round, blockHash } = decoded.value.proposal.proposal
    if (proposed.size > 1000) proposed.clear()
    proposed.set(`${height} ${round}`, blockHash)
  })
}

function listening(ports: Ports, onMessage: (message: Uint8Array) => void): Ports {
  const { network } = ports
  return {
    ...ports,
    network: {
      ...network,
      start: (handlers) =>
        network.start({
          ...handlers,
          onMessage(peer, channel, message) {
            if (channel === 'consensus') onMessage(message)
            handlers.onMessage(peer, channel, message)
          },
        }),
    },
  }
}
