/**
 * Which connection speaks for a peer when there are several. When both sides dial at once, each sees two connections, and both must
 * keep the same one: the side with the smaller peer id decides. It prefers the connection it dialled itself when the two are of about
 * the same age, and otherwise the newer one, since a peer that dials again has lost the older. Its acceptances carry a rising order;
 * the other side follows the highest it has seen, in whichever sequence they arrive. A direct connection and a relayed one are no such
 * twins: the direct one is kept, whoever dialled it.
 */

import type { Connection } from '@libp2p/interface'
import type { PeerId } from '../../ports/network.ts'
import { assert } from '../../primitives/assert.ts'
import { isCircuit } from './peer-address.ts'
import type { PeerLink } from './peer-link.ts'

/** Connections opened within this time of each other count as dialled at once. */
const simultaneousMs = 10_000

export interface PeerRegistry {
  add(link: PeerLink): void
  /** The link of a connection, ended or not. */
  byConnection(connection: Connection): PeerLink | undefined
  /** The established link to a peer. */
  get(peer: PeerId): PeerLink | undefined
  established(): IterableIterator<PeerLink>
  all(): IterableIterator<PeerLink>
  /** The order of a connection about to be accepted, or `undefined` when another is kept instead. */
  place(link: PeerLink): bigint | undefined
  /** Makes a link speak for its peer, unless a higher one does. Returns the link that lost, which is to be closed. */
  establish(link: PeerLink): PeerLink | undefined
  /** True when the link spoke for its peer. */
  remove(link: PeerLink): boolean
}

export function createPeerRegistry(self: PeerId): PeerRegistry {
  const links = new Set<PeerLink>()
  /** Also of links that have ended, for as long as libp2p knows the connection. */
  const byConnection = new WeakMap<Connection, PeerLink>()
  const speaking = new Map<PeerId, PeerLink>()
  let lastOrder = 0n

  /** Another connection to the peer, of the other direction, opened at about the same time: both sides dialled at once. */
  function hasTwin(link: PeerLink): boolean {
    const isOpposite = (other: PeerLink) => other.connection.direction !== link.connection.direction
    return atOnceWith(link).some((other) => isOpposite(other) && isRelayed(other) === isRelayed(link))
  }

  function atOnceWith(link: PeerLink): readonly PeerLink[] {
    return [...links].filter(
      (other) => other.peer === link.peer && other.phase !== 'ended' && Math.abs(other.openedAt - link.openedAt) < simultaneousMs,
    )
  }

  /** A relayed connection is superfluous beside a direct one, unless the peer may have lost that one meanwhile. */
  const isSuperfluous = (link: PeerLink) =>
    isRelayed(link) && atOnceWith(link).some((other) => !isRelayed(other) && other.phase === 'established')

  /** The order both sides know: that of the side which decides. */
  function orderOf(link: PeerLink): bigint {
    const order = self < link.peer ? link.greeting.ownOrder : link.greeting.peerOrder
    assert(order !== undefined, 'an established link has both orders')
    return order
  }

  return {
    add(link) {
      links.add(link)
      byConnection.set(link.connection, link)
    },
    byConnection: (connection) => byConnection.get(connection),
    get: (peer) => speaking.get(peer),
    established: () => speaking.values(),
    all: () => links.values(),
    place(link) {
      const decides = self < link.peer
      if (decides && isSuperfluous(link)) return undefined
      if (decides && link.connection.direction === 'inbound' && hasTwin(link)) return undefined
      // Starting from the clock keeps the order rising across a restart, when the peer may still hold a dead connection.
      const now = BigInt(Date.now())
      lastOrder = lastOrder < now ? now : lastOrder + 1n
      return lastOrder
    },
    establish(link) {
      const current = speaking.get(link.peer)
      if (current !== undefined && orderOf(current) > orderOf(link)) return link
      speaking.set(link.peer, link)
      return current
    },
    remove(link) {
      links.delete(link)
      return speaking.get(link.peer) === link && speaking.delete(link.peer)
    },
  }
}

/** The connection leads through a third node. */
export const isRelayed = (link: Pick<PeerLink, 'connection'>): boolean => isCircuit(link.connection.remoteAddr)
