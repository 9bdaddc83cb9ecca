import { type PeerId, type TrafficClass, trafficClasses } from '../../ports/network.ts'
import type { Scheduler } from '../scheduler.ts'
import { keepFor } from './hold.ts'
import type { Connection, Station } from './station.ts'

/** How a message from one node to another fares: its delay in milliseconds; `undefined`: it is lost. */
export type Weather = (from: PeerId, to: PeerId, bytes: number) => number | undefined

/** Carries everything that crosses the simulated internet. */
export interface Courier {
  /**
   * Calls `arrive` when the message reaches its station over the connection on which it was sent, and `settled` when it has arrived or
   * is known to be lost. Messages of one stream keep their order.
   */
  carry(parcel: Parcel): void
}

export interface Parcel {
  readonly from: Station
  readonly to: Station
  readonly connection: Connection
  readonly stream: string
  readonly bytes: number
  readonly arrive: () => void
  readonly settled?: () => void
}

export function createCourier(options: {
  readonly scheduler: Scheduler
  readonly weather: Weather
  readonly reachable: (from: PeerId, to: PeerId) => boolean
  /** Whether the station is still that of a running node. */
  readonly lives: (station: Station) => boolean
}): Courier {
  const { scheduler, weather, reachable, lives } = options

  return {
    carry({ from, to, connection, stream, bytes, arrive, settled }) {
      const passes = () => connection.open && lives(to) && reachable(from.self, to.self)
      const delay = passes() ? weather(from.self, to.self, bytes) : undefined
      const key = `${to.self} ${stream}`
      const at = Math.max(scheduler.now() + (delay ?? 0), from.streams.get(key) ?? 0)
      if (delay !== undefined) from.streams.set(key, at)
      from.inFlight++
      count(from, to, stream, 'bytesOut', bytes)
      const drop = () => {
        from.inFlight--
        settled?.()
      }
      const deliver = () => {
        drop()
        if (delay === undefined || !passes()) return
        count(to, from, stream, 'bytesIn', bytes)
        arrive()
      }
      scheduler.after(at - scheduler.now(), () => {
        const hold = to.holds.get(from.self)
        if (!hold) deliver()
        else if (!keepFor(hold, { stream, bytes }, deliver)) drop()
      })
    },
  }
}

/** A stream is named after its channel, or after what it carries besides. */
function count(station: Station, peer: Station, stream: string, direction: 'bytesIn' | 'bytesOut', bytes: number): void {
  const name = stream.startsWith('request ') ? 'requests' : (stream.split(' ')[0] as string)
  const trafficClass = trafficClasses.find((known) => known === name) ?? ('control' satisfies TrafficClass)
  station.traffic.count(trafficClass, direction, bytes)
  station.links.get(peer.self)?.traffic.count(trafficClass, direction, bytes)
}
