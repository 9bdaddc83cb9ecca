import type { PeerId } from '../../ports/network.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Hold, Station } from './station.ts'

/** Gossip that waits for one peer, beyond which more of it is dropped, as by the real network. */
const gossipBytesMax = 2 << 20

/** Keeps what has arrived for later; false when there is no room. */
export function keepFor(hold: Hold, parcel: { readonly stream: string; readonly bytes: number }, deliver: () => void): boolean {
  if (parcel.stream.startsWith('gossip ')) {
    if (hold.gossipBytes + parcel.bytes > gossipBytesMax) return false
    hold.gossipBytes += parcel.bytes
  }
  hold.waiting.push(deliver)
  return true
}

/** Reads nothing of the peer for so long. A pause of 0 ends the present one. */
export function pauseReading(scheduler: Scheduler, station: Station, peer: PeerId, forMs: number): void {
  if (!station.links.has(peer)) return
  const current = station.holds.get(peer)
  current?.callOff()
  if (forMs <= 0) return resumeReading(station, peer)
  const callOff = scheduler.after(forMs, () => resumeReading(station, peer))
  station.holds.set(peer, { waiting: current?.waiting ?? [], gossipBytes: current?.gossipBytes ?? 0, callOff })
}

export function resumeReading(station: Station, peer: PeerId): void {
  const hold = station.holds.get(peer)
  if (!hold) return
  hold.callOff()
  station.holds.delete(peer)
  for (const deliver of hold.waiting) deliver()
}
