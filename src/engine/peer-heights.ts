import type { Clock } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'

/**
 * What connected peers say of their height. A claim costs nothing to make, so it is worth one question: who cannot back it is not
 * believed for a while, longer each time, and can neither keep this node asking nor keep it from signing.
 */
export interface PeerHeights {
  meet(peer: PeerId, height: number): void
  /** Nothing is noted of a peer that was not met. */
  heard(peer: PeerId, height: number): void
  forget(peer: PeerId): void
  of(peer: PeerId): number
  /** Believed peers that claim to be above this height, the highest first. */
  above(height: number): readonly PeerId[]
  /** The peer did not back its claim. */
  doubt(peer: PeerId): void
  /** It did. */
  trust(peer: PeerId): void
}

interface Claim {
  height: number
  doubts: number
  doubtedUntil: number
}

export const firstDoubtMs = 2000
const doubtMaxMs = 60_000

export function createPeerHeights(clock: Clock): PeerHeights {
  const claims = new Map<PeerId, Claim>()

  return {
    meet: (peer, height) => void claims.set(peer, { height, doubts: 0, doubtedUntil: 0 }),
    heard(peer, height) {
      const claim = claims.get(peer)
      if (claim) claim.height = Math.max(claim.height, height)
    },
    forget: (peer) => void claims.delete(peer),
    of: (peer) => claims.get(peer)?.height ?? 0,
    above(height) {
      const now = clock.monotonic()
      const believed = [...claims].filter(([, claim]) => claim.height > height && claim.doubtedUntil <= now)
      return believed.sort(([, left], [, right]) => right.height - left.height).map(([peer]) => peer)
    },
    doubt(peer) {
      const claim = claims.get(peer)
      if (!claim) return
      claim.doubtedUntil = clock.monotonic() + Math.min(doubtMaxMs, firstDoubtMs * 2 ** claim.doubts)
      claim.doubts = Math.min(claim.doubts + 1, 10)
      // What it says next counts anew: an honest peer that was out of reach must not be held to a height for ever.
      claim.height = 0
    },
    trust(peer) {
      const claim = claims.get(peer)
      if (claim) claim.doubts = 0
    },
  }
}
