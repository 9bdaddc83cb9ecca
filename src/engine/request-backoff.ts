import type { Clock } from '../ports/clock.ts'
import { type PeerId, refusalOf } from '../ports/network.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'

/** Remembers which peers asked this node to come again later, so that its own requests never press anybody. */
export interface RequestBackoff {
  mayAsk(peer: PeerId): boolean
  /** A request failed. True when the peer asked for patience: it has what was asked for, as far as this node knows. */
  failed(peer: PeerId, error: unknown): boolean
}

const peersMax = 4096

export function createRequestBackoff(clock: Clock): RequestBackoff {
  const until = createBoundedMap<PeerId, number>(peersMax)
  return {
    mayAsk: (peer) => clock.monotonic() >= (until.peek(peer) ?? Number.NEGATIVE_INFINITY),
    failed(peer, error) {
      const retryMs = refusalOf(error)?.retryMs
      if (retryMs === undefined) return false
      until.set(peer, clock.monotonic() + retryMs)
      return true
    },
  }
}
