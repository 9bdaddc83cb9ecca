import type { InboundConnection, PeerId, PeerInfo } from '../../ports/network.ts'
import { assert } from '../../primitives/assert.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import type { Scheduler } from '../scheduler.ts'
import { type GreetingSide, greet } from './greeting.ts'
import { resumeReading } from './hold.ts'
import type { AddressBook, Connection, Link, Station } from './station.ts'
import type { Terrain } from './terrain.ts'
import { createTrafficMeter } from './traffic.ts'

/** Who is connected to whom: dialling, hellos, goodbyes. */
export interface Connections {
  dial(station: Station, address: string): Promise<PeerId>
  /** Ends a connection at once on this side, and after a message's journey on the other. */
  disconnect(station: Station, peer: PeerId, reason: string): void
  /** This side alone learns that the connection is over. */
  lose(station: Station, peer: PeerId, connection: Connection, reason: string): void
}

export function createConnections(scheduler: Scheduler, { addresses, stationOf, ...terrain }: Terrain): Connections {
  let nextId = 1

  /** Both sides must like what they hear. */
  async function dial(station: Station, address: string): Promise<PeerId> {
    const failed = (why: string) => new OperationalError('DIAL_FAILED', `${address}: ${why}`, { where: address })
    const peer = addresses.find(address)
    if (peer !== undefined && station.links.has(peer)) return peer
    const { to: target, tripMs } = await terrain.dial(station, address)
    if (peer !== undefined && station.links.has(peer)) return peer
    if (!target?.handlers || !station.handlers || target === station) throw failed('nobody answers')
    if (!terrain.meet(station, target)) throw failed('nobody answers')
    const arrival = { id: nextId++, host: addresses.hostOf(station.self) }
    if (target.handlers.onInbound?.(arrival) === 'refuse') throw failed('nobody answers')
    const greeted = greet(...sidesOf(station, target, arrival, addresses), { scheduler, tripMs })
    const reason = greeted instanceof Promise ? await greeted : greeted
    // Both may have dialled at once, and the other connection may have been quicker.
    const isKept = target.greetings.delete(arrival.id) && reason === undefined
    const isLate = isKept && station.links.has(target.self)
    const isMade = isKept && !isLate && terrain.meet(station, target)
    if (isMade) connect(station, target, { id: arrival.id, latencyMs: 2 * tripMs })
    else target.handlers?.onInboundEnded?.(arrival)
    if (!isMade && !isLate) throw failed(reason ?? 'the connection was lost')
    return target.self
  }

  function connect(left: Station, right: Station, { id, latencyMs }: { id: number; latencyMs: number }): void {
    const connection: Connection = { id, open: true, onEnd: new Set() }
    // One side may not have noticed yet that an earlier connection is gone.
    for (const [station, peer] of [
      [left, right],
      [right, left],
    ] as const) {
      const stale = station.links.get(peer.self)
      if (stale) lose(station, peer.self, stale.connection, 'replaced by a new connection')
    }
    left.links.set(right.self, linkOf(right, connection, 'outbound', latencyMs))
    right.links.set(left.self, linkOf(left, connection, 'inbound', latencyMs))
    left.handlers?.onConnected((left.links.get(right.self) as Link).info)
    const link = right.links.get(left.self)
    if (link) right.handlers?.onConnected(link.info)
  }

  function linkOf({ self }: Station, connection: Connection, direction: PeerInfo['direction'], latencyMs: number): Link {
    const info: PeerInfo = {
      ...{ id: self, address: addresses.addressOf(self), host: addresses.hostOf(self), connectionId: connection.id, direction },
      ...{ transport: 'simulated', protection: 'simulated', relayed: false },
      latencyMs: Math.round(latencyMs),
      connectedAt: Math.floor(scheduler.now()),
    }
    return { info, connection, traffic: createTrafficMeter() }
  }

  function lose(station: Station, peer: PeerId, connection: Connection, reason: string): void {
    const link = station.links.get(peer)
    if (link?.connection !== connection) return
    station.links.delete(peer)
    connection.open = false
    resumeReading(station, peer)
    for (const told of [...connection.onEnd]) told(reason)
    const { connectionId: id, host, direction } = link.info
    station.handlers?.onDisconnected(link.info, reason)
    if (direction === 'inbound') station.handlers?.onInboundEnded?.({ id, host })
  }

  return {
    dial,
    lose,
    disconnect(station, peer, reason) {
      const link = station.links.get(peer)
      if (!link) return
      lose(station, peer, link.connection, reason)
      const other = stationOf(peer)
      if (other) scheduler.after(terrain.tripMs(station.self, peer), () => lose(other, station.self, link.connection, reason))
    },
  }
}

/** The two ends of a connection that is being made, each as the other sees it. */
function sidesOf(from: Station, to: Station, arrival: InboundConnection, addresses: AddressBook): [GreetingSide, GreetingSide] {
  assert(from.handlers && to.handlers, 'a station that is up has its handlers')
  to.greetings.add(arrival.id)
  return [
    {
      self: from.self,
      handlers: from.handlers,
      connection: { id: arrival.id, host: addresses.hostOf(to.self), direction: 'outbound' },
    },
    { self: to.self, handlers: to.handlers, connection: { ...arrival, direction: 'inbound' } },
  ]
}
