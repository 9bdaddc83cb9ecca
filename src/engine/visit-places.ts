import type { Timer } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'

/** The visits of this node that are under way, or linger because the next question to the same node often comes soon: so many at most. */
export interface VisitPlaces {
  readonly size: number
  has(peer: PeerId): boolean
  get(peer: PeerId): VisitPlace | undefined
  /** Waits for one of the places, or takes that of a visit that lingers. Throws when too many wait. */
  take(peer: PeerId): Promise<VisitPlace>
  /** Nobody uses it any more: it may be taken. */
  idle(peer: PeerId, place: VisitPlace, linger: Timer): void
  free(peer: PeerId): void
  stop(): void
}

export interface VisitPlace {
  users: number
  linger: Timer | undefined
}

const placesMax = 16
const waitingMax = 256

/** @param end ends a visit that lingers, and frees its place. */
export function createVisitPlaces(end: (peer: PeerId) => void): VisitPlaces {
  const places = new Map<PeerId, VisitPlace>()
  const waiting: (() => void)[] = []
  let stopped = false

  async function take(peer: PeerId): Promise<VisitPlace> {
    for (;;) {
      if (stopped) throw new Error('the node is stopping')
      const there = places.get(peer)
      if (there) return there
      const lingering = places.size < placesMax ? undefined : [...places].find(([, { users }]) => users === 0)
      if (lingering) end(lingering[0])
      if (places.size < placesMax) break
      if (waiting.length >= waitingMax) throw new Error('too many visits wait')
      await new Promise<void>((resume) => waiting.push(resume))
    }
    const place: VisitPlace = { users: 0, linger: undefined }
    places.set(peer, place)
    return place
  }

  return {
    get size() {
      return places.size
    },
    has: (peer) => places.has(peer),
    get: (peer) => places.get(peer),
    take,
    idle(peer, place, linger) {
      if (places.get(peer) !== place) return linger.cancel()
      place.linger = linger
      waiting.shift()?.()
    },
    free(peer) {
      places.get(peer)?.linger?.cancel()
      if (places.delete(peer)) waiting.shift()?.()
    },
    stop() {
      stopped = true
      for (const { linger } of places.values()) linger?.cancel()
      for (const resume of waiting.splice(0)) resume()
    },
  }
}
