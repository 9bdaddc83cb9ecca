import type { PeerId, PeerInfo } from '../ports/network.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import type { Ports } from './ports.ts'
import { createVisitors } from './visitors.ts'

/** Which connections are visits, of this node or of others. */
export interface VisitLinks {
  /** Whether the connection to a peer is a visit. */
  has(peer: PeerId): boolean
  /** This node said in a hello that the connection is one. */
  announce(connectionId: number): void
  /** A connection is made. @param isAnnounced whether the other side's hello says that it is a visit. */
  met(peer: PeerInfo, isAnnounced: boolean): boolean
  parted(peer: PeerInfo): 'own' | 'visitor' | undefined
  /** Resolves when the visit is over, which `end` brings about, or when it takes too long. */
  ended(peer: PeerId, end: () => void): Promise<void>
  without(peers: readonly PeerInfo[]): readonly PeerInfo[]
  stop(): void
}

/** Most visits that a hello announces come to be. */
const announcedMax = 256
const endingMsMax = 3000

export function createVisitLinks({ clock, network }: Ports): VisitLinks {
  const visitors = createVisitors(clock, network)
  const announced = createBoundedMap<number, true>(announcedMax)
  /** By the numbers of their connections. */
  const links = new Map<PeerId, number>()
  const ending = new Map<PeerId, () => void>()
  const isVisit = ({ connectionId }: PeerInfo) => announced.has(connectionId) || visitors.has(connectionId)

  return {
    has: (peer) => links.has(peer),
    announce: (connectionId) => void announced.set(connectionId, true),
    met(peer, isAnnounced) {
      const { id, connectionId, direction } = peer
      const isOwn = announced.has(connectionId)
      const isVisitor = !isOwn && direction === 'inbound' && isAnnounced
      if (isOwn || isVisitor) links.set(id, connectionId)
      else links.delete(id)
      if (isVisitor) visitors.welcome(peer)
      return isOwn || isVisitor
    },
    parted({ id, connectionId }) {
      if (links.get(id) === connectionId) links.delete(id)
      const wasVisitor = visitors.left(connectionId)
      const wasOwn = announced.delete(connectionId)
      ending.get(id)?.()
      return wasOwn ? 'own' : wasVisitor ? 'visitor' : undefined
    },
    async ended(peer, end) {
      await new Promise<void>((resume) => {
        ending.set(peer, resume)
        clock.schedule(endingMsMax, resume)
        end()
      })
      ending.delete(peer)
    },
    without: (peers) => (links.size === 0 ? peers : peers.filter((peer) => !isVisit(peer))),
    stop: visitors.stop,
  }
}
