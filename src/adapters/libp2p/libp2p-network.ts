/**
 * The `Network` port over js-libp2p: TCP, TLS 1.3 and Noise, yamux, gossipsub. What goes over the wire is in docs/spec/network.md.
 * Only what is used is imported, and nothing that dials or asks by itself.
 */
import type { Connection, ConnectionEncrypter, Libp2p, MessageStreamTimeline, PrivateKey } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import { type Channel, channelBytesMax, type Network, type NetworkHandlers } from '../../ports/network.ts'
import type { Relaying } from '../../ports/relaying.ts'
import { assert } from '../../primitives/assert.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { withBoundedWrites } from './bounded-writes.ts'
import { createCompressor, type Dictionaries } from './compressor.ts'
import { type CourtesyComponents, serveCourtesies } from './courtesies.ts'
import type { CoverSettings } from './cover.ts'
import { createDoor } from './door.ts'
import { createGossip } from './gossip.ts'
import { lateNoise } from './late-noise.ts'
import { defaultLimits, type Libp2pLimits, streamsOfPeerMax } from './limits.ts'
import { networkKeyOf } from './network-key.ts'
import { readAddress } from './peer-address.ts'
import type { RelayingMeans } from './relaying.ts'
import { type RunningNetwork, runNetwork } from './running-network.ts'
import { silentLogger } from './silent-logger.ts'
import { spareMerges } from './sparing-peer-store.ts'
import { sparingYamux } from './sparing-yamux.ts'
import { createTls, type TlsComponents } from './tls-encrypter.ts'
import { createTransports, type TransportComponents, type TransportKind, type Transports, transportKinds } from './transports.ts'
import { createUploadShaper, type UploadCeilings } from './upload-shaper.ts'
import { createWireMeter, type WireMeter, withWireMeter } from './wire-meter.ts'

export type Security = 'tls' | 'noise'

export interface Libp2pNetworkOptions {
  /** 32 bytes: the Ed25519 seed of the node's network identity. */
  readonly privateKeySeed: Bytes
  /** Multiaddrs to listen on, e.g. `/ip4/0.0.0.0/tcp/26600`, or `/memory/name` within one process. None: the node only dials. */
  readonly listen: readonly string[]
  /** What is offered, the preferred first. */
  readonly security: readonly Security[]
  /** Offer and accept nothing but TLS 1.3 with X25519MLKEM768. Default false: the hybrid group is preferred. */
  readonly requireHybrid?: boolean
  /** Names the chain in gossip topics, so that networks never merge. */
  readonly chainTag: string
  /** Channels to follow by gossip. */
  readonly gossipChannels?: readonly Channel[]
  readonly limits?: Partial<Libp2pLimits>
  /** Whether bulk is compressed, and wanted so. Default: true. */
  readonly compresses?: boolean
  /** What compressed messages may refer to. Default: nothing but themselves. */
  readonly dictionaries?: Dictionaries
  /** Ceilings on bulk. Default: none. */
  readonly upload?: UploadCeilings
  /** Against who watches the encrypted bytes. Default: nothing is done. */
  readonly cover?: CoverSettings
  /** What may be listened on and dialled, the preferred first. Default: all, in the order of `transportKinds`. */
  readonly transports?: readonly TransportKind[]
  /** The local IP address to dial from, where hosts are told apart by it; QUIC and WebRTC, which cannot, are not dialled then. */
  readonly dialFrom?: string
  /** `host:port` of the STUN servers that help two nodes behind NATs to a direct connection. Default: none. */
  readonly stunServers?: readonly string[]
  /** PEM texts, for `wss`. */
  readonly webSocketCertificate?: { readonly cert: string; readonly key: string }
}

/** By libp2p's name of the encrypter; TLS reports what it negotiated. */
const protectionNames: Readonly<Record<string, string>> = { '/noise': 'noise-xx X25519 ChaChaPoly' }
/** What is known of transports with a protection of their own: their groups are not. */
const nativeProtections: Readonly<Record<string, string>> = {
  quic: 'quic tls1.3',
  webrtc: 'dtls, noise-xx X25519 ChaChaPoly',
  memory: 'none, in memory',
}

/** Creates the network, which listens once `start` is called. */
export async function createLibp2pNetwork(options: Libp2pNetworkOptions): Promise<Network> {
  assert(options.privateKeySeed.length === 32, 'an Ed25519 seed has 32 bytes')
  const privateKey = networkKeyOf(options.privateKeySeed)
  // A connection and the raw stream under it share their timeline, which so identifies the connection to the encrypter.
  const protections = new WeakMap<MessageStreamTimeline, string>()
  const limits = { ...defaultLimits, ...options.limits }
  let inbound: NetworkHandlers | undefined
  const wire = createWireMeter()
  const door = createDoor({ ...limits, handlers: () => inbound })
  const requireHybrid = options.requireHybrid ?? false
  const order = options.transports ?? transportKinds
  const transports = await createTransports({ ...options, transports: order, requireHybrid }, door)
  const { libp2p, components } = await createNode(privateKey, options, { limits, protections, transports, wire })
  let running: RunningNetwork | undefined
  let hasStarted = false

  function whileRunning(): RunningNetwork {
    assert(running !== undefined, 'the network has not been started')
    return running
  }

  return {
    self: libp2p.peerId.toString(),
    relaying: relayingOf(whileRunning),
    async start(handlers) {
      assert(!hasStarted, 'a network starts once')
      hasStarted = true
      inbound = handlers
      const { chainTag, gossipChannels: follow = ['blocks', 'evidence', 'batches'] } = options
      running = await runNetwork({
        libp2p,
        handlers,
        helloTimeoutMs: limits.helloTimeoutMs,
        liveness: limits,
        requestStreams: limits,
        wire,
        compressor: createCompressor(options.dictionaries, options.compresses),
        upload: createUploadShaper(options.upload, () => performance.now()),
        cover: options.cover,
        protectionOf: (connection) => protections.get(connection.timeline) ?? protectionOf(connection),
        prepare: (address) => transports.prepare(address, components),
        arrivalOf: (connection) => door.arrivalOf(connection.timeline),
        serveCourtesies: (linkOf) => serveCourtesies(components, linkOf),
        relaying: { door, components, stunServers: transports.mayUse('webrtc') ? (options.stunServers ?? []) : undefined },
        createGossip: (gate) => createGossip(components, { chainTag, follow, ...gate, ...handlers }),
      })
    },
    addresses() {
      const place = (address: Multiaddr) => order.indexOf(readAddress(address).transport as TransportKind)
      // libp2p's own list leaves out public addresses until its AutoNAT has confirmed them, which this node does in its own way.
      const all = components.transportManager.getAddrs().toSorted((a, b) => place(a) - place(b))
      const named = all.map((address) => `${address.toString().replace(/\/p2p\/[^/]+$/, '')}/p2p/${libp2p.peerId}`)
      return [...new Set(named), ...(running?.relaying.addresses() ?? [])]
    },
    connect: (address, connectOptions) => whileRunning().connect(address, connectOptions),
    dialBack: (address, hello, dialOptions) => whileRunning().dialBack(address, hello, dialOptions),
    disconnect: (peer, reason) => running?.disconnect(peer, reason),
    cut(connectionId, reason) {
      running?.cut(connectionId, reason)
      door.cut(connectionId)
    },
    pause: (peer, forMs) => running?.pause(peer, forMs),
    peers: () => running?.peers() ?? [],
    send(peer, channel, message) {
      assert(message.length <= channelBytesMax[channel], 'a message is longer than its channel allows')
      return running?.send(peer, channel, message) ?? false
    },
    broadcast(channel, message) {
      assert(message.length <= channelBytesMax[channel], 'a message is longer than its channel allows')
      running?.broadcast(channel, message)
    },
    request: (peer, protocol, message, requestOptions) => whileRunning().request(peer, protocol, message, requestOptions),
    traffic: (peer) => whileRunning().traffic(peer),
    async stop() {
      await running?.stop()
      await transports.stop()
    },
  }
}

function relayingOf(whileRunning: () => RunningNetwork): Relaying {
  return {
    serve: (relayLimits) => whileRunning().relaying.serve(relayLimits),
    reserve: (relay, at) => whileRunning().relaying.reserve(relay, at),
    release: (relay) => whileRunning().relaying.release(relay),
    traverse: (peer, timeoutMs) => whileRunning().relaying.traverse(peer, timeoutMs),
    usage: () => whileRunning().relaying.usage(),
  }
}

type Components = CourtesyComponents & TransportComponents & RelayingMeans['components']

interface Workings {
  readonly wire: WireMeter
  readonly limits: Libp2pLimits
  readonly protections: WeakMap<MessageStreamTimeline, string>
  readonly transports: Transports
}

async function createNode(
  privateKey: PrivateKey,
  options: Libp2pNetworkOptions,
  { limits, protections, transports, wire }: Workings,
): Promise<{ libp2p: Libp2p; components: Components }> {
  let components: Components | undefined
  const libp2p = await createLibp2p({
    privateKey,
    start: false,
    logger: silentLogger,
    addresses: { listen: [...transports.listen] },
    transports: [...transports.factories] as NonNullable<Libp2pOptions['transports']>,
    connectionEncrypters: (await createEncrypters(privateKey, options, protections)).map(
      (factory) => (all: TlsComponents) => withBoundedWrites(withWireMeter(factory(all), wire)),
    ),
    streamMuxers: [
      // A stream that may have only its first window under way cannot put megabytes between a vote and the wire.
      sparingYamux({
        enableKeepAlive: false,
        maxInboundStreams: streamsOfPeerMax,
        maxOutboundStreams: streamsOfPeerMax,
        streamOptions: { maxStreamWindowSize: 256 << 10 },
      }),
    ],
    connectionManager: {
      maxConnections: limits.connectionsMax,
      maxIncomingPendingConnections: limits.handshakesMax,
      inboundConnectionThreshold: limits.inboundPerHostPerSecond,
      inboundUpgradeTimeout: limits.handshakeTimeoutMs + 1_000, // The door's deadline comes first.
      reconnectRetries: 0,
      resolvers: {}, // What a `dnsaddr` resolves to is its server's choice, which no check of ours has seen.
    },
    connectionMonitor: { enabled: false },
    connectionGater: { denyDialMultiaddr: () => false },
    services: {
      // Not a service: the way libp2p hands out its components.
      components: (all: Components) => {
        components = all
        return {}
      },
    },
  })
  assert(components !== undefined, 'libp2p hands out its components')
  spareMerges(components.peerStore)
  return { libp2p, components }
}

function protectionOf(connection: Connection): string {
  const native = nativeProtections[readAddress(connection.remoteAddr).transport]
  return (connection.encryption === 'native' ? native : protectionNames[connection.encryption ?? '']) ?? 'unknown'
}

type EncrypterFactory = (components: TlsComponents) => ConnectionEncrypter

async function createEncrypters(
  privateKey: PrivateKey,
  options: Libp2pNetworkOptions,
  protections: WeakMap<MessageStreamTimeline, string>,
): Promise<EncrypterFactory[]> {
  const requireHybrid = options.requireHybrid ?? false
  // Noise has no post-quantum handshake, so a node that requires one does not offer it.
  const offered = options.security.filter((security) => security === 'tls' || !requireHybrid)
  if (offered.length === 0) {
    throw new OperationalError('LISTEN_FAILED', 'No way to protect connections is left to offer.', {
      hint: 'Add "tls" to the security list, or do not require the hybrid group.',
    })
  }
  return Promise.all(
    offered.map(async (security): Promise<EncrypterFactory> => {
      if (security === 'tls') {
        return createTls(privateKey, {
          requireHybrid,
          onNegotiated: (raw, protection) => protections.set(raw.timeline, protection),
        })
      }
      return lateNoise as unknown as EncrypterFactory
    }),
  )
}
