/**
 * Gossip: gossipsub, unsigned, since Synod's messages sign themselves. It knows only peers whose hello was accepted: its handlers and
 * its topology are registered through a registrar of ours, and a peer is introduced to it by `join`. Its outbound side has no
 * backpressure and its streams are bounded here (gossip-streams.ts).
 */
import { createHash } from 'node:crypto'
import { type GossipSub, type GossipsubMessage, gossipsub, StrictNoSign, TopicValidatorResult } from '@libp2p/gossipsub'
import type { Connection, PeerId as Libp2pPeerId, StreamHandler, Topology } from '@libp2p/interface'
import { gossipMesh } from '../../peers/gossip-mesh.ts'
import { type Channel, channelBytesMax, channels, type NetworkHandlers, type PeerId, type Verdict } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { unreadUntil } from './early-stream.ts'
import { createGossipControlBudget, type GossipRpc } from './gossip-control.ts'
import { splitEnvelope } from './gossip-envelope.ts'
import { createGossipFlow } from './gossip-flow.ts'
import { gossipScoreParams, gossipScoreThresholds } from './gossip-scores.ts'
import { type GossipLink, gossipConnection, watchGossip } from './gossip-streams.ts'
import { type WatchedGossip, watchGossipPeers } from './gossip-watch.ts'
import { gossipEnvelopeBytesMax, gossipEnvelopeMax, gossipMeshKept } from './limits.ts'

export type GossipComponents = Parameters<ReturnType<typeof gossipsub>>[0]
type Registrar = GossipComponents['registrar']

export interface GossipGate {
  /** The link of a connection on which both hellos were accepted. */
  readonly linkOf: (connection: Connection) => GossipLink | undefined
  /** Settles once it is known whether they are. */
  readonly greeted: (connection: Connection) => Promise<unknown>
  /** Whether the peer is still one of ours. */
  readonly isConnected: (peer: PeerId) => boolean
}

export interface GossipOptions extends GossipGate, Pick<NetworkHandlers, 'onMisbehaviour' | 'onGossip' | 'onGossipControl'> {
  readonly chainTag: string
  /** Channels this node follows. */
  readonly follow: readonly Channel[]
}

export interface Gossip {
  start(): Promise<void>
  join(connection: Connection): void
  leave(peer: Libp2pPeerId): void
  publish(channel: Channel, message: Bytes): void
  stop(): Promise<void>
}

const results: Readonly<Record<Verdict, TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
}

function gossipTopic(chainTag: string, channel: Channel): string {
  return `/synod/${chainTag}/${channel}`
}

export function createGossip(components: GossipComponents, options: GossipOptions): Gossip {
  const channelOf = new Map<string, Channel>(channels.map((channel) => [gossipTopic(options.chainTag, channel), channel]))
  const topics = [...channelOf.keys()]
  const topologies = new Map<string, Topology>()
  const { privateKey, peerId, peerStore, connectionManager, logger } = components
  const registrar = gatedRegistrar(components.registrar, options, topologies)
  const pubsub = gossipsub({
    globalSignaturePolicy: StrictNoSign,
    msgIdFn: (message) => createHash('sha256').update(message.topic).update(message.data).digest().subarray(0, 20),
    msgIdToStrFn: (id) => Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1'),
    asyncValidation: true,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    fallbackToFloodsub: false,
    floodPublish: false,
    batchPublish: true,
    tagMeshPeers: false,
    D: gossipMesh.degree,
    Dlo: gossipMesh.degreeLow,
    Dhi: gossipMesh.degreeHigh,
    Dlazy: gossipMesh.lazy,
    gossipFactor: gossipMesh.lazyPart,
    heartbeatInterval: gossipMesh.heartbeatMs,
    mcacheGossip: gossipMesh.toldHeartbeats,
    allowedTopics: topics,
    maxInboundDataLength: gossipEnvelopeBytesMax,
    maxInboundStreams: 2,
    decodeRpcLimits: gossipEnvelopeMax,
    ...gossipMeshKept,
    opportunisticGraftPeers: 2,
    scoreParams: gossipScoreParams((channel) => gossipTopic(options.chainTag, channel)),
    scoreThresholds: gossipScoreThresholds,
  })({ privateKey, peerId, peerStore, connectionManager, logger, registrar }) as unknown as GossipSub & Internals & WatchedGossip

  const bounds = boundRpcs(pubsub, options)

  function validate(message: GossipsubMessage): void {
    const channel = channelOf.get(message.msg.topic)
    const report = (verdict: Verdict) =>
      pubsub.reportMessageValidationResult(message.msgId, message.propagationSource, results[verdict])
    if (channel === undefined || message.msg.data.length > channelBytesMax[channel]) return report('reject')
    const peer = message.propagationSource.toString()
    if (!options.isConnected(peer)) return report('ignore')
    const verdict = options.onGossip(peer, channel, message.msg.data)
    if (typeof verdict === 'string') report(verdict)
    else void verdict.then(report)
  }

  return {
    async start() {
      await pubsub.start()
      pubsub.addEventListener('gossipsub:message', (event) => validate(event.detail))
      const watch = watchGossipPeers(pubsub, options.onMisbehaviour)
      pubsub.addEventListener('gossipsub:heartbeat', () => watch.heartbeat())
      for (const channel of options.follow) pubsub.subscribe(gossipTopic(options.chainTag, channel))
    },
    join(connection) {
      const link = options.linkOf(connection)
      if (link === undefined) return
      bounds.join(connection.remotePeer.toString(), link)
      // One topology is registered per protocol version, all the same: the first introduces the peer.
      for (const topology of topologies.values())
        return topology.onConnect?.(connection.remotePeer, gossipConnection(connection, link))
    },
    leave(peer) {
      bounds.leave(peer.toString())
      for (const topology of topologies.values()) return topology.onDisconnect?.(peer)
    },
    publish: (channel, message) => void pubsub.publish(gossipTopic(options.chainTag, channel), message),
    stop: async () => pubsub.stop(),
  }
}

/** What gossipsub has and its interface does not name. */
interface Internals {
  start(): Promise<void>
  stop(): Promise<void>
  handleReceivedRpc(from: Libp2pPeerId, rpc: GossipRpc): Promise<void>
  sendRpc(to: string, rpc: GossipRpc): boolean
  reportMessageValidationResult(messageId: string, source: Libp2pPeerId, result: TopicValidatorResult): void
}

interface RpcBounds {
  join(peer: PeerId, link: GossipLink): void
  leave(peer: PeerId): void
}

/** Bounds what gossipsub sees of envelopes, and what its own hold. */
function boundRpcs(pubsub: Internals, options: GossipOptions): RpcBounds {
  const control = createGossipControlBudget({
    onExcess: (peer) => options.onMisbehaviour(peer, 'gossip control flood'),
    now: () => performance.now(),
  })
  const links = new Map<PeerId, GossipLink>()
  const flow = createGossipFlow({
    onExcess(peer, restMs) {
      const gate = links.get(peer)?.gate
      if (gate?.isClosed === false) gate.closeFor(restMs)
    },
    onFlood: (peer) => options.onMisbehaviour(peer, 'gossip flood'),
    now: () => performance.now(),
  })
  const followed = new Set(options.follow.map((channel) => gossipTopic(options.chainTag, channel)))
  // gossipsub asks nobody before it acts on what an envelope says of the mesh, and remembers messages that nobody here reads.
  const handle = pubsub.handleReceivedRpc.bind(pubsub)
  pubsub.handleReceivedRpc = async (from, rpc) => {
    if (!flow.admits(from, rpc)) return
    const outcome = control.trim(from, rpc)
    if (outcome !== undefined) options.onGossipControl?.(from.toString(), outcome)
    rpc.messages = rpc.messages?.filter(({ topic = '' }) => followed.has(topic)) ?? []
    return handle(from, rpc)
  }
  const sendRpc = pubsub.sendRpc.bind(pubsub)
  pubsub.sendRpc = (to, rpc) => splitEnvelope(rpc).reduce((sent, part) => sendRpc(to, part) && sent, true)

  return {
    join: (peer, link) => void links.set(peer, link),
    leave(peer) {
      links.delete(peer)
      flow.leave(peer)
      control.leave(peer)
    },
  }
}

/**
 * Lets gossipsub serve established connections only, and keeps its topology from libp2p, which knows nothing of hello. Of a stream that
 * comes before, nothing is read until then: libraries open one at once, and what they first say on it they never say again.
 */
function gatedRegistrar(
  registrar: Registrar,
  { linkOf, greeted }: Pick<GossipGate, 'linkOf' | 'greeted'>,
  topologies: Map<string, Topology>,
): Registrar {
  const early = new WeakSet<Connection>()
  return {
    handle(protocol: string, handler: StreamHandler, handleOptions: object) {
      const gated: StreamHandler = async (stream, connection) => {
        // What waits takes memory: a stranger has one stream that does.
        if (linkOf(connection) === undefined && !early.has(connection)) {
          early.add(connection)
          await unreadUntil(stream, greeted(connection))
        }
        const link = linkOf(connection)
        if (link === undefined) return stream.abort(new Error('gossip before hello'))
        watchGossip(stream, link)
        return handler(stream, gossipConnection(connection, link))
      }
      return registrar.handle(protocol, gated, handleOptions)
    },
    unhandle: (protocol: string) => registrar.unhandle(protocol),
    async register(protocol: string, topology: Topology) {
      topologies.set(protocol, topology)
      return protocol
    },
    unregister: (id: string) => void topologies.delete(id),
  } as unknown as Registrar
}
