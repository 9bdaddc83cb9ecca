import type { PeerId } from '../../ports/network.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Station } from './station.ts'

/** Reads nothing of the peer for so long. A pause of 0 ends the present one. */
export function pauseReading(scheduler: Scheduler, station: Station, peer: PeerId, forMs: number): void {
  if (!station.links.has(peer)) return
  const current = station.holds.get(peer)
  current?.callOff()
  if (forMs <= 0) return resumeReading(station, peer)
  const callOff = scheduler.after(forMs, () => resumeReading(station, peer))
  station.holds.set(peer, { waiting: current?.waiting ?? [], callOff })
}

export function resumeReading(station: Station, peer: PeerId): void {
  const hold = station.holds.get(peer)
  if (!hold) return
  hold.callOff()
  station.holds.delete(peer)
  for (const deliver of hold.waiting) deliver()
}
