import { type Channel, channelBytesMax, type Network, noTraffic, type PeerId } from '../ports/network.ts'
import { assert } from '../primitives/assert.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { createConnections } from './network/connections.ts'
import { createCourier, type Weather } from './network/courier.ts'
import { createDialBack } from './network/dial-back.ts'
import { floodGossip } from './network/gossip.ts'
import { pauseReading } from './network/hold.ts'
import { simulateRequest } from './network/request.ts'
import { createAddressBook, createStation, dequeue, enqueue, type Station } from './network/station.ts'
import { createTerrain } from './network/terrain.ts'
import type { Scheduler } from './scheduler.ts'

/** The space between the nodes: who is up, who is connected to whom, and what is on its way. */
export interface SimulatedInternet {
  /** A node's own network, from its start to its crash or stop. */
  join(self: PeerId): Network
  /** Where a node can be dialled, whether or not it is up. */
  addressOf(peer: PeerId): string
  /** The node is gone without a word; its peers notice after a while. */
  vanish(self: PeerId): void
  /** Breaks the connections between nodes that `apart` separates. */
  cut(apart: (a: PeerId, b: PeerId) => boolean): void
  /** Messages of a running node that are on their way. */
  inFlightFrom(peer: PeerId): number
}

/** How long it takes to notice that the other side is gone. */
const noticeMs = 1500

export interface InternetOptions {
  readonly scheduler: Scheduler
  readonly weather: Weather
  /** Whether anything passes in this direction. */
  readonly reachable: (from: PeerId, to: PeerId) => boolean
  /** Hears every direct message when it is sent, whether or not it arrives. */
  readonly onSend?: (from: PeerId, channel: Channel, message: Bytes) => void
}

export function createSimulatedInternet(options: InternetOptions): SimulatedInternet {
  const { scheduler, weather, reachable, onSend } = options
  const stations = new Map<PeerId, Station>()
  const addresses = createAddressBook()
  const stationOf = (peer: PeerId) => stations.get(peer)
  const lives = (station: Station) => stations.get(station.self) === station
  const courier = createCourier({ scheduler, weather, reachable, lives })
  const terrain = createTerrain({ scheduler, weather, reachable, stationOf, addresses })
  const connections = createConnections(scheduler, terrain)
  const dialBack = createDialBack(terrain)
  const gossip = floodGossip({ courier, stationOf, lives })

  function send(from: Station, peer: PeerId, channel: Channel, message: Bytes): boolean {
    assert(message.length <= channelBytesMax[channel], `a message on ${channel} has at most ${channelBytesMax[channel]} bytes`)
    const link = from.links.get(peer)
    const to = stations.get(peer)
    if (!link) return false
    const queue = enqueue(from, peer, channel, message.length)
    if (!queue) return false
    onSend?.(from.self, channel, message)
    const copy = message.slice()
    const settled = () => dequeue(queue, copy.length)
    const arrive = () => to?.handlers?.onMessage(from.self, channel, copy)
    if (to) courier.carry({ from, to, connection: link.connection, stream: channel, bytes: copy.length, arrive, settled })
    else settled()
    return true
  }

  function stop(station: Station): void {
    for (const peer of [...station.links.keys()]) connections.disconnect(station, peer, 'stopping')
    if (lives(station)) stations.delete(station.self)
  }

  function portOf(station: Station): Network {
    return {
      self: station.self,
      async start(handlers) {
        station.handlers = handlers
      },
      addresses: () => [addresses.addressOf(station.self)],
      connect: (address) => connections.dial(station, address),
      disconnect: (peer, reason) => connections.disconnect(station, peer, reason),
      dialBack: (address, hello) => dialBack(station, address, hello),
      cut: (connectionId) => void station.greetings.delete(connectionId),
      pause: (peer, forMs) => pauseReading(scheduler, station, peer, forMs),
      peers: () => [...station.links.values()].map(({ info }) => info),
      send: (peer, channel, message) => send(station, peer, channel, message),
      broadcast: (channel, message) => gossip(station, channel, message.slice()),
      request: (peer, protocol, message, { timeoutMs }) =>
        simulateRequest({ scheduler, courier, stationOf, lives }, { from: station, peer, protocol, message, timeoutMs }),
      traffic: (peer) => (peer === undefined ? station.traffic : station.links.get(peer)?.traffic)?.read() ?? noTraffic(),
      stop: async () => stop(station),
    }
  }

  return {
    join(self) {
      const station = createStation(self)
      addresses.addressOf(self)
      stations.set(self, station)
      return portOf(station)
    },
    addressOf: (peer) => addresses.addressOf(peer),
    vanish(self) {
      const station = stations.get(self)
      if (!station) return
      stations.delete(self)
      station.handlers = undefined
      for (const [peer, { connection }] of station.links) {
        connection.open = false
        const other = stations.get(peer)
        if (other) scheduler.after(noticeMs, () => connections.lose(other, self, connection, 'connection lost'))
      }
      station.links.clear()
    },
    cut(apart) {
      for (const station of stations.values()) {
        for (const [peer, { connection }] of [...station.links]) {
          if (apart(station.self, peer)) connections.lose(station, peer, connection, 'connection lost')
        }
      }
    },
    inFlightFrom: (peer) => stations.get(peer)?.inFlight ?? 0,
  }
}
