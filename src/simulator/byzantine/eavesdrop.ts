import { type ConsensusMessage, consensusMessageSchema } from '../../chain/consensus-message.ts'
import { decode } from '../../codec/codec.ts'
import type { Ports } from '../../engine/ports.ts'
import type { NetworkHandlers, PeerId } from '../../ports/network.ts'

/** Lets a liar hear the consensus messages that reach its node. */
export function eavesdrop(ports: Ports, onMessage: (message: ConsensusMessage, from: PeerId) => void): Ports {
  return withHandlers(ports, (handlers) => ({
    ...handlers,
    onMessage(peer, channel, bytes) {
      const decoded = channel === 'consensus' ? decode(consensusMessageSchema, bytes) : undefined
      if (decoded?.ok) onMessage(decoded.value, peer)
      handlers.onMessage(peer, channel, bytes)
    },
  }))
}

/** Puts a liar between the network and its node's handlers. */
export function withHandlers(ports: Ports, tamper: (handlers: NetworkHandlers) => NetworkHandlers): Ports {
  const { network } = ports
  return { ...ports, network: { ...network, start: (handlers) => network.start(tamper(handlers)) } }
}
