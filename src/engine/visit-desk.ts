import type { PeerInfo } from '../ports/network.ts'
import type { Directory } from './directory.ts'
import type { Handshake } from './handshake.ts'
import type { InboundDesk } from './inbound-desk.ts'
import type { PeerBudgetDesk } from './peer-budgets.ts'
import type { PeerRegister } from './peer-register.ts'
import type { Ports } from './ports.ts'
import type { Visits } from './visits.ts'

/** What becomes of a connection that is a visit: it is held to the limits of all others, and otherwise nobody hears of it but the directory. */
export function createVisitDesk(rooms: {
  readonly ports: Ports
  readonly handshake: Handshake
  readonly register: PeerRegister
  readonly inbound: InboundDesk
  readonly budgets: PeerBudgetDesk
  readonly visits: Visits
  readonly directory: Directory | undefined
}) {
  const { handshake, register, inbound, budgets, visits, directory } = rooms
  const { telemetry } = rooms.ports
  return {
    met(peer: PeerInfo): void {
      register.meet(peer)
      if (!inbound.meet(peer)) return
      budgets.meet(peer.id)
      telemetry.gauge('synod_visits', visits.open)
      telemetry.log('debug', 'visit', { peer: peer.id, direction: peer.direction })
      directory?.met(peer, handshake.of(peer.id))
    },
    parted(peer: PeerInfo, reason: string): void {
      inbound.part(peer)
      handshake.forget(peer.id, peer.connectionId)
      telemetry.gauge('synod_visits', visits.open)
      telemetry.log('debug', 'visit over', { peer: peer.id, reason })
      // It may have become a peer meanwhile, over another connection.
      if (visits.infoOf(peer.id)) return
      register.part(peer.id)
      budgets.leave(peer.id)
    },
  }
}
