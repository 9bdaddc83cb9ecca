import type { Clock } from '../ports/clock.ts'
import type { Network, PeerId } from '../ports/network.ts'
import type { SyncPeer } from '../sync/peer-choice.ts'
import { createPeerHeights } from './peer-heights.ts'

/** Who claims what height, is believed, and serves blocks. */
export interface SyncPeers {
  /** `serves`: the peer answers requests for blocks and their headers. */
  meet(peer: PeerId, height: number, serves: boolean): void
  heard(peer: PeerId, height: number): void
  forget(peer: PeerId): void
  heightOf(peer: PeerId): number
  doubt(peer: PeerId): void
  trust(peer: PeerId): void
  /** Somebody believed is above this height. */
  ahead(height: number): boolean
  /** Those above this height who may be asked now. Looked up at most every 20 ms, unless something changed. */
  above(height: number): readonly SyncPeer[]
  /** What may be asked of whom is another matter than a moment ago. */
  changed(): void
}

const momentMs = 20

export function createSyncPeers(options: {
  clock: Clock
  network: Pick<Network, 'peers'>
  mayAsk: (peer: PeerId) => boolean
}): SyncPeers {
  const { clock, network } = options
  const heights = createPeerHeights(clock)
  const servers = new Set<PeerId>()
  let known: readonly SyncPeer[] = []
  let knownUntil = Number.NEGATIVE_INFINITY

  const leaders = (height: number): readonly PeerId[] => heights.above(height).filter((peer) => servers.has(peer))

  function look(height: number): readonly SyncPeer[] {
    const latencies = new Map(network.peers().map(({ id, latencyMs }) => [id, latencyMs]))
    return leaders(height)
      .filter(options.mayAsk)
      .map((id) => ({ id, height: heights.of(id), latencyMs: latencies.get(id) }))
  }

  function changed(): void {
    knownUntil = Number.NEGATIVE_INFINITY
  }

  return {
    meet(peer, height, serves) {
      if (serves) servers.add(peer)
      heights.meet(peer, height)
      changed()
    },
    heard(peer, height) {
      if (height > heights.of(peer)) changed()
      heights.heard(peer, height)
    },
    forget(peer) {
      servers.delete(peer)
      heights.forget(peer)
      changed()
    },
    heightOf: heights.of,
    doubt(peer) {
      heights.doubt(peer)
      changed()
    },
    trust: heights.trust,
    ahead: (height) => leaders(height).length > 0,
    above(height) {
      const now = clock.monotonic()
      if (now < knownUntil) return known
      known = look(height)
      knownUntil = now + momentMs
      return known
    },
    changed,
  }
}
