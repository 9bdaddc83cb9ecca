/** Relays on both sides, and the direct connections made of relayed ones: what the port's `relaying` is, over one running network. */
import type { Connection, Libp2p, Stream, Transport } from '@libp2p/interface'
import type { PeerId } from '../../ports/network.ts'
import type { Relaying } from '../../ports/relaying.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { createCircuitClient } from './circuit-client.ts'
import { circuitStreamsMax, hopProtocol, stopProtocol } from './circuit-messages.ts'
import { createCircuitServer } from './circuit-server.ts'
import type { Dialer } from './dialer.ts'
import { messageOf } from './direct-channels.ts'
import type { Door } from './door.ts'
import type { PeerLink } from './peer-link.ts'
import { isRelayed, type PeerRegistry } from './peer-registry.ts'
import { createTraversal, signallingProtocol, type Traversal, type TraversalComponents } from './webrtc-traversal.ts'

export interface RelayingMeans {
  readonly door: Door
  readonly components: TraversalComponents & { readonly transportManager: { add(transport: Transport): void } }
  /** `host:port` of STUN servers. Undefined: WebRTC may not be used. */
  readonly stunServers: readonly string[] | undefined
}

export interface NetworkRelaying extends Relaying {
  /** Where others reach this node through relays. */
  addresses(): readonly string[]
  /** A connection to the peer is over. */
  left(peer: PeerId): void
}

export interface RelayingOptions extends RelayingMeans {
  readonly libp2p: Libp2p
  readonly registry: PeerRegistry
  readonly dialer: Dialer
  /** Serves a stream if its peer may open one. */
  readonly onceAdmitted: (link: PeerLink, stream: Stream, serve: () => void) => void
}

export async function createRelaying(options: RelayingOptions): Promise<NetworkRelaying> {
  const { libp2p, registry, dialer, components, door, onceAdmitted } = options
  const self = libp2p.peerId.toString()
  const directLink = (peer: PeerId) => {
    const link = registry.get(peer)
    return link !== undefined && !isRelayed(link) ? link : undefined
  }
  const { upgrader, logger } = components
  const client = createCircuitClient({ self, door, upgrader, logger, directLink, connect: (address) => dialer.connect(address) })
  const server = createCircuitServer(directLink)
  const traversals = createTraversals(options)
  components.transportManager.add(client.transport)

  const serve = (protocol: string, streamsMax: number, onStream: (stream: Stream, link: PeerLink) => Promise<void>) =>
    libp2p.handle(
      protocol,
      (stream, connection) => {
        const link = registry.byConnection(connection)
        if (link === undefined || link.phase === 'ended') return stream.abort(new Error('the connection is closing'))
        onceAdmitted(link, stream, () => onStream(stream, link).catch((error: unknown) => stream.abort(error as Error)))
      },
      { maxInboundStreams: streamsMax, maxOutboundStreams: streamsMax },
    )
  await serve(hopProtocol, circuitStreamsMax, server.onHop)
  await serve(stopProtocol, circuitStreamsMax, client.onStop)
  await serve(signallingProtocol, 1, traversals.answer)

  return {
    serve: server.serve,
    usage: server.usage,
    reserve: client.reserve,
    release: client.release,
    addresses: client.addresses,
    left(peer) {
      if (directLink(peer) === undefined) server.left(peer)
    },
    traverse: traversals.traverse,
  }
}

function createTraversals({ registry, dialer, components, door, stunServers }: RelayingOptions) {
  let loading: Promise<Traversal> | undefined
  function load(): Promise<Traversal> {
    if (stunServers === undefined) throw new Error('WebRTC may not be used here')
    loading ??= createTraversal({ components, door, stunServers })
    return loading
  }

  function relayedConnection(peer: PeerId): Connection {
    const link = registry.get(peer)
    if (link === undefined || !isRelayed(link)) throw new Error('it is not connected through a relay')
    return link.connection
  }

  return {
    async answer(stream: Stream, link: PeerLink): Promise<void> {
      if (!isRelayed(link)) throw new Error('there is a direct connection already')
      const traversal = await load()
      await traversal.answer(stream, link.connection)
    },
    async traverse(peer: PeerId, timeoutMs: number): Promise<void> {
      const signal = AbortSignal.timeout(timeoutMs)
      try {
        const relayed = relayedConnection(peer)
        const traversal = await load()
        await dialer.greet(await traversal.dial(relayed, signal), signal)
      } catch (cause) {
        throw new OperationalError('DIAL_FAILED', `No direct connection to ${peer}: ${messageOf(cause)}`, { where: peer, cause })
      }
    },
  }
}
