import type { Channel, NetworkHandlers, PeerId, PeerInfo } from '../../ports/network.ts'

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
}

/** One side's view of a connection. */
export interface Link {
  readonly info: PeerInfo
  readonly connection: Connection
}

/** Both sides share it: what was sent over a connection that has ended does not arrive. */
export interface Connection {
  readonly id: number
  open: boolean
  /** Told why the connection ended, by whoever waits for something on it. */
  readonly onEnd: Set<(reason: string) => void>
}

export interface Queue {
  messages: number
  bytes: number
}

/** Bounds of one peer's queue for one channel. */
const queueMessagesMax = 8192
const queueBytesMax = 8 << 20

export function createStation(self: PeerId): Station {
  return { self, handlers: undefined, links: new Map(), streams: new Map(), gossipSeen: new Set(), queues: new Map() }
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

/** Every node's address names a place and who is expected there: `sim:2/node2`. */
export interface AddressBook {
  addressOf(peer: PeerId): string
  /** The peer of an address, if one of that name lives at that place. */
  find(address: string): PeerId | undefined
}

export function createAddressBook(): AddressBook {
  const places: PeerId[] = []
  return {
    addressOf(peer) {
      if (!places.includes(peer)) places.push(peer)
      return `sim:${places.indexOf(peer)}/${peer}`
    },
    find(address) {
      const [, place, peer] = /^sim:(\d+)\/(.+)$/.exec(address) ?? []
      return place !== undefined && places[Number(place)] === peer ? peer : undefined
    },
  }
}
