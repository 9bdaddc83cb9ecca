import type { Channel, NetworkHandlers, PeerId, PeerInfo } from '../../ports/network.ts'
import { createTrafficMeter, type TrafficMeter } from './traffic.ts'

/** One node's place on the simulated internet, from its start to its crash or stop. */
export interface Station {
  readonly self: PeerId
  handlers: NetworkHandlers | undefined
  readonly links: Map<PeerId, Link>
  /** When the last message on each ordered stream arrives: later ones do not overtake it. */
  readonly streams: Map<string, number>
  readonly gossipSeen: Set<string>
  /** What waits to be sent, by peer and channel. */
  readonly queues: Map<string, Queue>
  /** Peers of which nothing is read for now. */
  readonly holds: Map<PeerId, Hold>
  /** Connections that came in, whose greeting is under way. */
  readonly greetings: Set<number>
  /** Messages sent from here that are on their way. */
  inFlight: number
  /** What crossed all its connections. */
  readonly traffic: TrafficMeter
}

/** One side's view of a connection. */
export interface Link {
  readonly info: PeerInfo
  readonly connection: Connection
  readonly traffic: TrafficMeter
}

/** Both sides share it: what was sent over a connection that has ended does not arrive. */
export interface Connection {
  readonly id: number
  open: boolean
  /** Told why the connection ended, by whoever waits for something on it. */
  readonly onEnd: Set<(reason: string) => void>
}

/** What a station does not read for a while: whatever arrives waits, in its order, as it would in the sender's own buffers. */
export interface Hold {
  readonly waiting: (() => void)[]
  /** Of gossip, which no queue of the sender's bounds. */
  gossipBytes: number
  readonly callOff: () => void
}

export interface Queue {
  messages: number
  bytes: number
}

/** Bounds of one peer's queue for one channel. */
const queueMessagesMax = 8192
const queueBytesMax = 8 << 20

export function createStation(self: PeerId): Station {
  return {
    self,
    handlers: undefined,
    links: new Map(),
    streams: new Map(),
    gossipSeen: new Set(),
    queues: new Map(),
    holds: new Map(),
    greetings: new Set(),
    inFlight: 0,
    traffic: createTrafficMeter(),
  }
}

/** Takes a place in the queue; `undefined` when it is full. */
export function enqueue(station: Station, peer: PeerId, channel: Channel, bytes: number): Queue | undefined {
  const key = `${peer} ${channel}`
  const queue = station.queues.get(key) ?? { messages: 0, bytes: 0 }
  station.queues.set(key, queue)
  if (queue.messages >= queueMessagesMax || queue.bytes + bytes > queueBytesMax) return undefined
  queue.messages++
  queue.bytes += bytes
  return queue
}

export function dequeue(queue: Queue, bytes: number): void {
  queue.messages--
  queue.bytes -= bytes
}

/** Every node's address names a place and who is expected there: `/ip4/20.2.0.1/tcp/26600/p2p/node2`. */
export interface AddressBook {
  addressOf(peer: PeerId): string
  /** The peer of an address, if one of that name lives at that place. */
  find(address: string): PeerId | undefined
  /** The IP address from which the peer's connections seem to come: another for each, and in another network. */
  hostOf(peer: PeerId): string
}

export function createAddressBook(): AddressBook {
  const places = new Map<PeerId, number>()

  function hostOf(peer: PeerId): string {
    const place = places.get(peer) ?? places.size
    places.set(peer, place)
    return `${20 + ((place >>> 8) % 80)}.${place & 0xff}.0.1`
  }

  return {
    hostOf,
    addressOf: (peer) => `/ip4/${hostOf(peer)}/tcp/26600/p2p/${peer}`,
    find(address) {
      const [, host, peer] = /^\/ip4\/([\d.]+)\/tcp\/26600\/p2p\/(.+)$/.exec(address) ?? []
      return peer !== undefined && places.has(peer) && hostOf(peer) === host ? peer : undefined
    },
  }
}
