import type { NetworkHandlers } from '../ports/network.ts'
import type { Handshake } from './handshake.ts'
import type { InboundDesk } from './inbound-desk.ts'
import type { PeerRegister } from './peer-register.ts'
import type { Ports } from './ports.ts'
import type { Promotion } from './promotion.ts'
import type { RelayDesk } from './relay-desk.ts'

export interface RelayHandlersOptions {
  readonly ports: Ports
  readonly relays: RelayDesk
  readonly promotion: Promotion
  readonly handshake: Handshake
  readonly register: PeerRegister
  readonly inbound: Pick<InboundDesk, 'meet' | 'part'>
}

/** The handlers of the peer desk, which hears nothing of relays: a peer that moves to a direct connection was connected all the time. */
export function withRelays(handlers: NetworkHandlers, options: RelayHandlersOptions): NetworkHandlers {
  const { ports, relays, promotion, handshake, register, inbound } = options
  return {
    ...handlers,
    onConnected(peer) {
      handlers.onConnected(peer)
      // Not of one that was sent away at once, nor of one that came for a question.
      if (register.of(peer.id)?.connectionId === peer.connectionId) promotion.met(peer)
      relays.changed()
    },
    onMoved(peer, before) {
      handshake.established(peer.id, peer.connectionId)
      promotion.settled(peer.id)
      if (register.of(peer.id) === undefined) return
      register.meet(peer)
      inbound.part(before)
      const { transport } = peer
      ports.telemetry.log('info', 'peer connected directly instead of through a relay', { peer: peer.id, transport })
      inbound.meet(peer)
      relays.changed()
    },
    onDisconnected(peer, reason) {
      promotion.settled(peer.id)
      handlers.onDisconnected(peer, reason)
      relays.changed()
    },
  }
}
