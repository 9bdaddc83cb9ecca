import type { PeerId, PeerInfo } from '../../ports/network.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Weather } from './courier.ts'
import type { AddressBook, Connection, Station } from './station.ts'

/** Who is connected to whom: dialling, hellos, goodbyes. */
export interface Connections {
  dial(station: Station, address: string): Promise<PeerId>
  /** Ends a connection at once on this side, and after a message's journey on the other. */
  disconnect(station: Station, peer: PeerId, reason: string): void
  /** This side alone learns that the connection is over. */
  lose(station: Station, peer: PeerId, connection: Connection, reason: string): void
}

/** Round trips before a dial fails or succeeds: one for the transport, one for the hellos. */
const dialTrips = 4
const helloBytes = 200
/** How long a message would take whose delay cannot be known, since it is lost. */
const lostDelayMs = 100

export function createConnections(options: {
  readonly scheduler: Scheduler
  readonly weather: Weather
  readonly reachable: (from: PeerId, to: PeerId) => boolean
  readonly stationOf: (peer: PeerId) => Station | undefined
  readonly addresses: AddressBook
}): Connections {
  const { scheduler, weather, reachable, stationOf, addresses } = options
  let nextId = 1
  const delayTo = (from: PeerId, to: PeerId) => weather(from, to, helloBytes) ?? lostDelayMs

  /** Both sides must like what they hear. */
  async function dial(station: Station, address: string): Promise<PeerId> {
    const failed = (why: string) => new OperationalError('DIAL_FAILED', `${address}: ${why}`, { where: address })
    const peer = addresses.find(address)
    if (peer !== undefined && station.links.has(peer)) return peer
    const tripMs = delayTo(station.self, peer ?? '')
    await new Promise<void>((resume) => void scheduler.after(dialTrips * tripMs, resume))
    if (peer !== undefined && station.links.has(peer)) return peer
    const target = peer === undefined ? undefined : stationOf(peer)
    const here = station.handlers
    const there = target?.handlers
    if (!target || !there || !here || target === station || stationOf(station.self) !== station) throw failed('nobody answers')
    if (!reachable(station.self, target.self) || !reachable(target.self, station.self)) throw failed('nobody answers')
    const theirs = there.onHello(station.self, here.hello(target.self))
    if ('proofWithinMs' in theirs) throw failed('a proof is wanted')
    if (!theirs.accept) throw failed(`refused: ${theirs.reason}`)
    const ours = here.onHello(target.self, there.hello(station.self))
    if ('proofWithinMs' in ours) throw failed('a proof is wanted')
    if (!ours.accept) throw failed(`refused by us: ${ours.reason}`)
    connect(station, target, 2 * tripMs)
    return target.self
  }

  function connect(left: Station, right: Station, latencyMs: number): void {
    const connection: Connection = { id: nextId++, open: true, onEnd: new Set() }
    // One side may not have noticed yet that an earlier connection is gone.
    for (const [station, peer] of [
      [left, right],
      [right, left],
    ] as const) {
      const stale = station.links.get(peer.self)
      if (stale) lose(station, peer.self, stale.connection, 'replaced by a new connection')
    }
    introduce(left, right, connection, { direction: 'outbound', latencyMs })
    introduce(right, left, connection, { direction: 'inbound', latencyMs })
    left.handlers?.onConnected((left.links.get(right.self) as { info: PeerInfo }).info)
    const link = right.links.get(left.self)
    if (link) right.handlers?.onConnected(link.info)
  }

  function introduce(
    station: Station,
    peer: Station,
    connection: Connection,
    { direction, latencyMs }: { direction: PeerInfo['direction']; latencyMs: number },
  ): void {
    const info: PeerInfo = {
      id: peer.self,
      connectionId: connection.id,
      address: addresses.addressOf(peer.self),
      host: peer.self,
      transport: 'simulated',
      direction,
      protection: 'simulated',
      latencyMs: Math.round(latencyMs),
      connectedAt: Math.floor(scheduler.now()),
    }
    station.links.set(peer.self, { info, connection })
  }

  function lose(station: Station, peer: PeerId, connection: Connection, reason: string): void {
    const link = station.links.get(peer)
    if (link?.connection !== connection) return
    station.links.delete(peer)
    connection.open = false
    for (const told of [...connection.onEnd]) told(reason)
    station.handlers?.onDisconnected(link.info, reason)
  }

  return {
    dial,
    lose,
    disconnect(station, peer, reason) {
      const link = station.links.get(peer)
      if (!link) return
      lose(station, peer, link.connection, reason)
      const other = stationOf(peer)
      if (other) scheduler.after(delayTo(station.self, peer), () => lose(other, station.self, link.connection, reason))
    },
  }
}
