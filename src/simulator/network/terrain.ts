import type { PeerId } from '../../ports/network.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Weather } from './courier.ts'
import type { AddressBook, Station } from './station.ts'

/** What lies between the nodes, as far as a dial has to know. */
export interface Terrain {
  readonly addresses: AddressBook
  /** From one node to the other, for something as long as a hello, in milliseconds. */
  tripMs(from: PeerId, to: PeerId): number
  /** Who is expected at an address once all that a dial says has gone to and fro, or nobody. */
  dial(from: Station, address: string): Promise<{ readonly to: Station | undefined; readonly tripMs: number }>
  /** Both are up, and reach each other. */
  meet(left: Station, right: Station): boolean
  stationOf(peer: PeerId): Station | undefined
}

/** Until a dial succeeds or fails: a round trip for the transport, and one for the hellos. */
const dialTrips = 4
const helloBytes = 200
/** How long a message would take whose delay cannot be known, since it is lost. */
const lostDelayMs = 100

export function createTerrain(options: {
  readonly scheduler: Scheduler
  readonly weather: Weather
  /** Whether anything passes in this direction. */
  readonly reachable: (from: PeerId, to: PeerId) => boolean
  readonly stationOf: (peer: PeerId) => Station | undefined
  readonly addresses: AddressBook
}): Terrain {
  const { scheduler, weather, reachable, stationOf, addresses } = options
  const tripMs = (from: PeerId, to: PeerId) => weather(from, to, helloBytes) ?? lostDelayMs
  return {
    addresses,
    stationOf,
    tripMs,
    async dial(from, address) {
      const peer = addresses.find(address)
      const oneWayMs = tripMs(from.self, peer ?? '')
      await new Promise<void>((resume) => void scheduler.after(dialTrips * oneWayMs, resume))
      return { to: peer === undefined ? undefined : stationOf(peer), tripMs: oneWayMs }
    },
    meet(left, right) {
      const areUp = [left, right].every((station) => stationOf(station.self) === station)
      return areUp && reachable(left.self, right.self) && reachable(right.self, left.self)
    },
  }
}
