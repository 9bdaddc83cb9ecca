/**
 * A direct connection between two nodes behind NATs, by WebRTC: each learns from STUN servers how the world sees it, the relayed connection
 * carries what they offer each other (`/webrtc-signaling/0.0.1` of libp2p), and ICE opens the way. DTLS is bound to what was offered over
 * the encrypted, greeted connection, so that who is at the other end is as sure as there.
 */
import { isIPv6 } from 'node:net'
import type { Connection, MultiaddrConnection, Stream, StreamMessageEvent, Upgrader } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { Arrival, Door } from './door.ts'
import { signallingBytesMax, traversalsAtOnceMax, traversalTimeoutMs } from './limits.ts'
import { readAddress } from './peer-address.ts'

export const signallingProtocol = '/webrtc-signaling/0.0.1'

/** What the library's transport is made with; of the connection manager it asks for the connection that carries the offers. */
export type TraversalComponents = Parameters<ReturnType<typeof import('@libp2p/webrtc')['webRTC']>>[0]

export interface TraversalOptions {
  readonly components: TraversalComponents
  readonly door: Door
  /** `host:port` of STUN servers. */
  readonly stunServers: readonly string[]
}

export interface Traversal {
  /** Resolves with the direct connection, before anything is said on it. */
  dial(relayed: Connection, signal: AbortSignal): Promise<Connection>
  /** The peer of a relayed connection makes offers. */
  answer(stream: Stream, relayed: Connection): Promise<void>
}

/** As the library's transport is, beyond its interface. */
interface SignallingTransport {
  dial(address: ReturnType<typeof multiaddr>, options: { signal: AbortSignal; upgrader: Upgrader }): Promise<Connection>
  _onProtocol(stream: Stream, connection: Connection, signal: AbortSignal): Promise<void>
}

/** Loads WebRTC, which costs tens of megabytes. */
export async function createTraversal(options: TraversalOptions): Promise<Traversal> {
  const { webRTC } = await import('@libp2p/webrtc')
  const { components, stunServers } = options
  const upgrader = knowingUpgrader(components.upgrader, options.door)
  const make = (connections: readonly Connection[]): SignallingTransport => {
    const connectionManager = { getConnections: () => connections }
    const { peerId, registrar, transportManager, logger, events } = components
    const own = { peerId, registrar, transportManager, logger, events, upgrader, connectionManager }
    // An empty list is a list: without one, the library asks servers of its own choice.
    const rtcConfiguration = { iceServers: stunServers.map((server) => ({ urls: [`stun:${server}`] })) }
    return webRTC({ rtcConfiguration })(own as unknown as TraversalComponents) as unknown as SignallingTransport
  }
  let answering = 0
  return {
    dial(relayed, signal) {
      const address = multiaddr(`/p2p-circuit/webrtc/p2p/${relayed.remotePeer.toString()}`)
      return make([boundedSignalling(relayed)]).dial(address, { signal, upgrader })
    },
    async answer(stream, relayed) {
      // Each is memory and sockets outside of this process's heap, for as long as its peer leaves it hanging.
      if (answering >= traversalsAtOnceMax) throw new Error('others are being met already')
      answering += 1
      try {
        await make([])._onProtocol(bounded(stream), relayed, AbortSignal.timeout(traversalTimeoutMs))
      } finally {
        answering -= 1
      }
    },
  }
}

/**
 * Offers and candidates are a few kilobytes: whoever sends more is not about to connect, and the library reads on for ever. It is counted
 * from when the library listens, since a stream hands out what has come to the first who does.
 */
function bounded(stream: Stream): Stream {
  const listen = stream.addEventListener.bind(stream) as (...words: readonly unknown[]) => void
  let isCounted = false
  let bytes = 0
  function count({ data }: StreamMessageEvent): void {
    bytes += data.byteLength
    if (bytes > signallingBytesMax) stream.abort(new Error('offers without end'))
  }
  stream.addEventListener = (...words: readonly unknown[]) => {
    if (words[0] === 'message' && !isCounted) listen('message', count)
    isCounted ||= words[0] === 'message'
    listen(...words)
  }
  return stream
}

function boundedSignalling(connection: Connection): Connection {
  return Object.assign(Object.create(connection) as Connection, {
    newStream: async (...words: Parameters<Connection['newStream']>) => bounded(await connection.newStream(...words)),
  })
}

/** Says where the connection leads, and asks at the door for one that comes in. */
function knowingUpgrader(upgrader: Upgrader, door: Door): Upgrader {
  return Object.assign(Object.create(upgrader) as Upgrader, {
    async upgradeInbound(raw: MultiaddrConnection, options: Parameters<Upgrader['upgradeInbound']>[1]): Promise<void> {
      locate(raw)
      const arrival = door.arrive(readAddress(raw.remoteAddr).host, () => raw.abort(new Error('cut')))
      if (arrival === undefined) throw new Error('turned away')
      raw.addEventListener('close', arrival.ended, { once: true })
      door.know(raw.timeline, arrival)
      await upgraded(upgrader.upgradeInbound(raw, options), arrival)
    },
    upgradeOutbound(raw: MultiaddrConnection, options: Parameters<Upgrader['upgradeOutbound']>[1]): Promise<Connection> {
      locate(raw)
      return upgrader.upgradeOutbound(raw, options)
    },
  })
}

async function upgraded(upgrade: Promise<unknown>, arrival: Arrival): Promise<void> {
  try {
    await upgrade
    arrival.encrypted()
  } catch (error) {
    arrival.ended()
    throw error
  }
}

/** What ICE found, as node-datachannel tells it. */
interface IceConnection {
  readonly sctp: { readonly transport: { readonly iceTransport: { getSelectedCandidatePair(): CandidatePair | null } } }
}
interface CandidatePair {
  readonly remote: { readonly address: string | null; readonly port: number | null }
}

/** The library's addresses do not say where the peer is. */
function locate(raw: MultiaddrConnection): void {
  const { peerConnection } = raw as unknown as { readonly peerConnection: IceConnection }
  const remote = peerConnection.sctp.transport.iceTransport.getSelectedCandidatePair()?.remote
  if (!remote?.address || !remote.port) throw new Error('it is not known where the connection leads')
  const peer = raw.remoteAddr.getComponents().findLast(({ name }) => name === 'p2p')?.value
  const kind = isIPv6(remote.address) ? 'ip6' : 'ip4'
  raw.remoteAddr = multiaddr(`/${kind}/${remote.address}/udp/${remote.port}/webrtc/p2p/${peer}`)
}
