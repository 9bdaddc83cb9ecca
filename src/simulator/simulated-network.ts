import type { Bytes } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { type Channel, channelBytesMax, type Network, type NetworkHandlers, type PeerId, type PeerInfo, type RequestProtocol, type Verdict } from '../ports/network.ts'
import type { Scheduler } from './scheduler.ts'

/** How a message from one node to another fares. `undefined`: it is lost. */
export type Weather = (from: PeerId, to: PeerId, bytes: number) => number | undefined

/** The space between the nodes: who is up, who is connected to whom, and what is on its way. */
export interface SimulatedInternet {
  /** A node's own network, from its start to its crash or stop. Its address is `sim:` and its id. */
  join(self: PeerId): Network
  /** The node is gone without a word; its peers notice after a while. */
  vanish(self: PeerId): void
  /** Breaks the connections between two groups, or of everybody to everybody. */
  cut(apart: (a: PeerId, b: PeerId) => boolean): void
  /** Messages now on their way. */
  readonly inFlight: number
}

interface Station {
  readonly self: PeerId
  handlers: NetworkHandlers | undefined
  readonly peers: Map<PeerId, PeerInfo>
  /** When the last message on each ordered stream arrives: later ones do not overtake it. */
  readonly streams: Map<string, number>
  readonly gossipSeen: Set<string>
  readonly queued: Map<PeerId, number>
}

const queueMax = 8192
const noticeMs = 1500
const gossipSeenMax = 65_536

export function createSimulatedInternet(options: {
  scheduler: Scheduler
  weather: Weather
  reachable: (a: PeerId, b: PeerId) => boolean
}): SimulatedInternet {
  const { scheduler, weather, reachable } = options
  const stations = new Map<PeerId, Station>()
  let inFlight = 0

  /** Calls `arrive` when the message reaches a station that is still the one it was sent to. */
  function carry(from: Station, to: PeerId, stream: string, bytes: number, arrive: (station: Station) => void): boolean {
    const target = stations.get(to)
    const delay = weather(from.self, to, bytes)
    if (!target || delay === undefined || !reachable(from.self, to)) return false
    const key = `${to} ${stream}`
    const at = Math.max(scheduler.now() + delay, from.streams.get(key) ?? 0)
    from.streams.set(key, at)
    inFlight++
    scheduler.after(at - scheduler.now(), () => {
      inFlight--
      if (stations.get(to) === target && reachable(from.self, to)) arrive(target)
    })
    return true
  }

  function connect(left: Station, right: Station): void {
    introduce(left, right, 'outbound')
    introduce(right, left, 'inbound')
    left.handlers?.onConnected(left.peers.get(right.self) as PeerInfo)
    right.handlers?.onConnected(right.peers.get(left.self) as PeerInfo)
  }

  function introduce(station: Station, peer: Station, direction: PeerInfo['direction']): void {
    station.peers.set(peer.self, {
      id: peer.self,
      address: `sim:${peer.self}`,
      direction,
      protection: 'simulated',
      latencyMs: undefined,
      connectedAt: Math.floor(scheduler.now()),
    })
  }

  function part(station: Station, peer: PeerId, reason: string): void {
    const info = station.peers.get(peer)
    if (!info) return
    station.peers.delete(peer)
    station.queued.delete(peer)
    station.handlers?.onDisconnected(info, reason)
  }

  function disconnect(a: Station, peer: PeerId, reason: string): void {
    const b = stations.get(peer)
    part(a, peer, reason)
    if (b) part(b, a.self, reason)
  }

  /** One round trip, a hello each way, and both sides must like what they hear. */
  async function dial(station: Station, address: string): Promise<PeerId> {
    const peer = address.replace(/^sim:/, '')
    if (station.peers.has(peer)) return peer
    await new Promise<void>((resume) => scheduler.after(2 * (weather(station.self, peer, 200) ?? 100), resume))
    const target = stations.get(peer)
    const fail = (why: string) => new OperationalError('DIAL_FAILED', `${address}: ${why}`)
    if (!target?.handlers || !station.handlers || stations.get(station.self) !== station || !reachable(station.self, peer)) {
      throw fail('nobody answers')
    }
    if (station.peers.has(peer)) return peer
    const theirs = target.handlers.onHello(station.self, station.handlers.hello(peer))
    const ours = station.handlers.onHello(peer, target.handlers.hello(station.self))
    if (!theirs.accept) throw fail(`refused: ${theirs.reason}`)
    if (!ours.accept) throw fail(`refused by us: ${ours.reason}`)
    connect(station, target)
    return peer
  }

  function gossip(from: Station, channel: Channel, message: Bytes): void {
    const key = `${channel} ${Buffer.from(message).toString('latin1')}`
    if (from.gossipSeen.size > gossipSeenMax) from.gossipSeen.clear()
    from.gossipSeen.add(key)
    for (const peer of from.peers.keys()) {
      carry(from, peer, `gossip ${channel}`, message.length, (station) => {
        if (station.gossipSeen.has(key)) return
        station.gossipSeen.add(key)
        Promise.resolve(station.handlers?.onGossip(from.self, channel, message.slice())).then(
          (verdict: Verdict | undefined) => {
            if (verdict === 'accept' && stations.get(station.self) === station) gossip(station, channel, message)
          },
          () => undefined,
        )
      })
    }
  }

  function send(from: Station, peer: PeerId, channel: Channel, message: Bytes): boolean {
    const queued = from.queued.get(peer) ?? 0
    if (!from.peers.has(peer) || queued >= queueMax || message.length > channelBytesMax[channel]) return false
    const copy = message.slice()
    from.queued.set(peer, queued + 1)
    const sent = carry(from, peer, channel, copy.length, (station) => {
      from.queued.set(peer, Math.max(0, (from.queued.get(peer) ?? 1) - 1))
      if (station.peers.has(from.self)) station.handlers?.onMessage(from.self, channel, copy)
    })
    if (!sent) from.queued.set(peer, queued)
    return true
  }

  async function* request(...[from, peer, protocol, message, { timeoutMs }]: RequestArguments): AsyncGenerator<Bytes> {
    const failed = (why: string) => new OperationalError('REQUEST_FAILED', `${protocol} of ${peer}: ${why}`)
    const target = stations.get(peer)
    if (!from.peers.has(peer) || !target?.handlers) throw failed('not connected')
    const pass = (sender: Station, to: PeerId, bytes: number) =>
      new Promise<boolean>((resume) => {
        scheduler.after(timeoutMs, () => resume(false))
        carry(sender, to, `request ${protocol}`, bytes, () => resume(true))
      })
    if (!(await pass(from, peer, message.length))) throw failed('timed out')
    for await (const part of target.handlers.onRequest(from.self, protocol, message.slice())) {
      if (!(await pass(target, from.self, part.length))) throw failed('timed out')
      yield part
    }
  }

  function portOf(station: Station): Network {
    return {
      self: station.self,
      async start(handlers) {
        station.handlers = handlers
      },
      addresses: () => [`sim:${station.self}`],
      connect: (address) => dial(station, address),
      disconnect: (peer, reason) => disconnect(station, peer, reason),
      peers: () => [...station.peers.values()],
      send: (peer, channel, message) => send(station, peer, channel, message),
      broadcast: (channel, message) => gossip(station, channel, message.slice()),
      request: (peer, protocol, message, requestOptions) => request(station, peer, protocol, message, requestOptions),
      async stop() {
        for (const peer of [...station.peers.keys()]) disconnect(station, peer, 'stopping')
        stations.delete(station.self)
      },
    }
  }

  return {
    join(self) {
      const station: Station = {
        self,
        handlers: undefined,
        peers: new Map(),
        streams: new Map(),
        gossipSeen: new Set(),
        queued: new Map(),
      }
      stations.set(self, station)
      return portOf(station)
    },
    vanish(self) {
      const station = stations.get(self)
      stations.delete(self)
      for (const peer of station?.peers.keys() ?? []) {
        const other = stations.get(peer)
        if (other) scheduler.after(noticeMs, () => stations.get(peer) === other && part(other, self, 'connection lost'))
      }
      if (station) station.handlers = undefined
    },
    cut(apart) {
      for (const station of stations.values()) {
        for (const peer of [...station.peers.keys()]) if (apart(station.self, peer)) disconnect(station, peer, 'connection lost')
      }
    },
    get inFlight() {
      return inFlight
    },
  }
}

type RequestArguments = [from: Station, peer: PeerId, protocol: RequestProtocol, message: Bytes, options: { timeoutMs: number }]
