/** The network between start and stop: links come and go with libp2p's connections, and the port's calls find theirs. */
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { type Network, type NetworkHandlers, noTraffic, requestProtocols, type Traffic } from '../../ports/network.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import type { Compressor } from './compressor.ts'
import { helloProtocols } from './control-frames.ts'
import type { CoverSettings } from './cover.ts'
import { dialBack } from './dial-back.ts'
import { createDialer, type Dialer } from './dialer.ts'
import { channelClasses, messageOf } from './direct-channels.ts'
import type { Arrival } from './door.ts'
import { unreadUntil } from './early-stream.ts'
import type { Gossip, GossipGate } from './gossip.ts'
import type { Liveness } from './latency-probe.ts'
import { type Libp2pLimits, lingerMs, stopTimeoutMs } from './limits.ts'
import { isCircuit } from './peer-address.ts'
import { createPeerLink, type PeerLink } from './peer-link.ts'
import { createPeerRegistry, isRelayed, type PeerRegistry } from './peer-registry.ts'
import { createRelaying, type NetworkRelaying, type RelayingMeans } from './relaying.ts'
import { failing, failure } from './request-client.ts'
import { requestProtocolName } from './request-kinds.ts'
import { boundStreams } from './stream-bound.ts'
import { createStreamRoster } from './stream-roster.ts'
import { addTraffic, createTrafficMeter, readTraffic, type TrafficMeter } from './traffic-meter.ts'
import type { PeerUpload } from './upload-shaper.ts'
import type { WireMeter } from './wire-meter.ts'

export interface RunningNetworkOptions {
  readonly libp2p: Libp2p
  readonly handlers: NetworkHandlers
  readonly helloTimeoutMs: number
  readonly liveness: Liveness
  readonly requestStreams: Pick<Libp2pLimits, 'requestStreamsMax' | 'requestStreamHoldMs' | 'requestStreamsPerMinute'>
  readonly protectionOf: (connection: Connection) => string
  /** Makes ready what an address is dialled with. */
  readonly prepare: (address: Multiaddr) => Promise<void>
  /** How an inbound connection came through the door. */
  readonly arrivalOf: (connection: Connection) => Arrival | undefined
  readonly wire: WireMeter
  readonly compressor: Compressor
  /** The ceilings of a new connection. */
  readonly upload: () => PeerUpload
  readonly cover: CoverSettings | undefined
  readonly createGossip: (gate: GossipGate) => Gossip
  readonly relaying: RelayingMeans
  /** Serves what libp2p peers of other makes expect. */
  readonly serveCourtesies: (linkOf: (connection: Connection) => PeerLink | undefined) => Promise<void>
}

export type RunningNetwork = Pick<
  Network,
  'connect' | 'dialBack' | 'disconnect' | 'cut' | 'pause' | 'peers' | 'send' | 'broadcast' | 'request' | 'traffic' | 'stop'
> & { readonly relaying: NetworkRelaying }

/** Listens, and resolves once it does. Throws `OperationalError` LISTEN_FAILED. */
export async function runNetwork(options: RunningNetworkOptions): Promise<RunningNetwork> {
  const { libp2p } = options
  const registry = createPeerRegistry(libp2p.peerId.toString())
  const establishedLink = (connection: Connection) => {
    const link = registry.byConnection(connection)
    return link?.phase === 'established' ? link.services : undefined
  }
  const gossip = options.createGossip({
    linkOf: establishedLink,
    greeted: async (connection) => registry.byConnection(connection)?.greeted,
    isConnected: (peer) => registry.get(peer) !== undefined,
  })
  const stopping = new AbortController()
  const ended = createTrafficMeter()
  const dialling = { libp2p, registry, stopping: stopping.signal, prepare: options.prepare }
  const dialer = createDialer(dialling)
  const relaying = await createRelaying({ ...options.relaying, libp2p, registry, dialer, onceAdmitted })
  trackLinks(options, { registry, gossip, stopping: stopping.signal, dialer, relaying, ended })
  await serveStreams(libp2p, registry)
  await options.serveCourtesies(registry.byConnection)
  await gossip.start()
  try {
    await libp2p.start()
  } catch (cause) {
    await gossip.stop()
    throw new OperationalError('LISTEN_FAILED', `Cannot listen: ${messageOf(cause)}`, { cause })
  }
  const pings = startPings(registry, options.liveness)

  function peerTraffic(link: PeerLink | undefined): Traffic {
    return link === undefined ? noTraffic() : readTraffic(link.services.meter, options.wire.of(link.connection.timeline))
  }

  function totalTraffic(): Traffic {
    const total = createTrafficMeter()
    addTraffic(total, ended)
    for (const link of registry.all()) addTraffic(total, link.services.meter)
    return readTraffic(total, options.wire.total())
  }

  return {
    relaying,
    connect: (address, connectOptions) => dialer.connect(address, connectOptions?.timeoutMs),
    dialBack: (address, hello, { timeoutMs }) => dialBack(dialling, address, hello, timeoutMs),
    disconnect: (peer, reason) => registry.get(peer)?.goodbye(reason),
    cut(connectionId, reason) {
      for (const { connection, phase, info } of registry.all())
        if (phase === 'greeting' && info().connectionId === connectionId) connection.abort(new Error(reason))
    },
    pause: (peer, forMs) => registry.get(peer)?.services.gate.closeFor(forMs),
    peers: () => Array.from(registry.established(), (link) => link.info()),
    send: (peer, channel, message) => registry.get(peer)?.services.channels.send(channel, message) ?? false,
    broadcast: (channel, message) => gossip.publish(channel, message),
    request(peer, protocol, message, { timeoutMs }) {
      const client = registry.get(peer)?.services.client(protocol)
      return client?.request(message, timeoutMs) ?? failing(failure(protocol, 'the peer is not connected'))
    },
    traffic: (peer) => (peer === undefined ? totalTraffic() : peerTraffic(registry.get(peer))),
    async stop() {
      if (stopping.signal.aborted) return
      clearInterval(pings)
      stopping.abort(new Error('the node is stopping'))
      await closeAll(libp2p, registry)
      await settled(gossip.stop(), stopTimeoutMs)
      await settled(libp2p.stop(), stopTimeoutMs)
    },
  }
}

/** Thousands of pings at once would hold up a vote, so each link has its turn. */
const pingTurns = 20

function startPings(registry: PeerRegistry, { pingIntervalMs }: Liveness): NodeJS.Timeout {
  let turn = 0
  const pings = setInterval(
    () => {
      turn = (turn + 1) % pingTurns
      for (const link of [...registry.established()]) if (Math.floor(link.openedAt) % pingTurns === turn) link.ping()
    },
    pingIntervalMs / 2 / pingTurns,
  )
  return pings.unref()
}

interface Surroundings {
  readonly registry: PeerRegistry
  readonly gossip: Gossip
  readonly stopping: AbortSignal
  readonly dialer: Dialer
  readonly relaying: NetworkRelaying
  readonly ended: TrafficMeter
}

/** Makes a link of every connection, and tells the engine of those whose hellos are accepted. */
function trackLinks(options: RunningNetworkOptions, { registry, gossip, stopping, dialer, relaying, ended }: Surroundings): void {
  const { libp2p, handlers, helloTimeoutMs, liveness, protectionOf, arrivalOf, compressor, upload, cover } = options
  const { requestStreamsMax: streamsMax, requestStreamHoldMs: holdMs, requestStreamsPerMinute } = options.requestStreams
  const roster = createStreamRoster({ streamsMax, holdMs })
  function onEstablished(link: PeerLink): void {
    const loser = registry.establish(link)
    if (loser === link) return link.goodbye('another connection to the peer is kept')
    if (loser !== undefined) gossip.leave(loser.connection.remotePeer)
    if (loser === undefined || !succeeds(handlers, link, loser)) handlers.onConnected(link.info())
    gossip.join(link.connection)
    dialer.onEstablished(link.peer)
  }

  function onEnded(link: PeerLink, reason: string): void {
    const spoke = registry.remove(link)
    addTraffic(ended, link.services.meter)
    // What libp2p remembers of strangers, of those who never said hello too, would grow for ever; the address book is the engine's.
    if (registry.get(link.peer) === undefined) void libp2p.peerStore.delete(link.connection.remotePeer)
    relaying.left(link.peer)
    if (!spoke) return
    gossip.leave(link.connection.remotePeer)
    handlers.onDisconnected(link.info(), reason)
  }

  libp2p.addEventListener('connection:open', ({ detail: connection }) => {
    if (stopping.aborted) return connection.abort(new Error('the node is stopping'))
    // The peer dialled us meanwhile. The dialler closes what it does not need; libp2p fails a dial that closes any sooner.
    const current = registry.get(connection.remotePeer.toString())
    const isBetter = current !== undefined && isRelayed(current) && !isCircuit(connection.remoteAddr)
    if (connection.direction === 'outbound' && current !== undefined && !isBetter) return
    const protection = protectionOf(connection)
    const arrival = arrivalOf(connection)
    options.wire.adopt(connection)
    registry.add(
      createPeerLink({
        connection,
        protection,
        arrival,
        handlers,
        compressor,
        upload: upload(),
        cover,
        roster,
        requestStreamsPerMinute,
        helloTimeoutMs,
        liveness,
        place: registry.place,
        onEstablished,
        onEnded,
      }),
    )
    boundStreams(connection, (what) => registry.byConnection(connection)?.violate(what))
  })
}

/** Takes the place of the peer's former connection. True when the engine need not hear of a new peer. */
function succeeds(handlers: NetworkHandlers, link: PeerLink, former: PeerLink): boolean {
  if (handlers.onMoved !== undefined && isRelayed(former) && !isRelayed(link)) {
    handlers.onMoved(link.info(), former.info())
    former.retire()
    return true
  }
  handlers.onDisconnected(former.info(), 'replaced by another connection')
  former.goodbye('replaced by another connection')
  return false
}

async function serveStreams(libp2p: Libp2p, registry: PeerRegistry): Promise<void> {
  const serve = (protocol: string, onStream: (link: PeerLink, stream: Stream) => void) =>
    libp2p.handle(
      protocol,
      (stream, connection) => {
        const link = registry.byConnection(connection)
        if (link === undefined || link.phase === 'ended') stream.abort(new Error('the connection is closing'))
        else onStream(link, stream)
      },
      { maxInboundStreams: 2, maxOutboundStreams: 2 },
    )
  for (const protocol of helloProtocols) await serve(protocol, (link, stream) => link.serveControl(stream))
  for (const channelClass of channelClasses) {
    await serve(channelClass.protocol, (link, stream) =>
      onceAdmitted(link, stream, () => link.services.channels.accept(channelClass, stream)),
    )
  }
  for (const protocol of requestProtocols) {
    await serve(requestProtocolName(protocol), (link, stream) =>
      onceAdmitted(link, stream, () => link.services.serveRequests(protocol, stream)),
    )
  }
}

/**
 * Streams other than control are served to accepted peers alone; a peer that opens one earlier breaks the rules. One may overtake the
 * peer's acceptance, since streams keep no order among each other, even where their connection does: once it has ours, it waits for that.
 */
function onceAdmitted(link: PeerLink, stream: Stream, serve: () => void): void {
  if (link.phase === 'established') return serve()
  if (link.phase === 'greeting' && link.greeting.ownOrder !== undefined) return void overtaking(link, stream, serve)
  stream.abort(new Error('no protocol is served before hello'))
  link.violate('a stream before hello was accepted')
}

async function overtaking(link: PeerLink, stream: Stream, serve: () => void): Promise<void> {
  await unreadUntil(stream, link.greeted)
  if (link.phase === 'established') serve()
  else stream.abort(new Error('the peer was not accepted'))
}

/** Says goodbye to all, and closes what has not closed soon after. */
async function closeAll(libp2p: Libp2p, registry: PeerRegistry): Promise<void> {
  const closing = libp2p.getConnections().map(closed)
  for (const link of [...registry.all()]) link.goodbye('the node is stopping')
  await settled(Promise.all(closing), lingerMs)
  for (const connection of libp2p.getConnections()) connection.abort(new Error('the node is stopping'))
}

function closed(connection: Connection): Promise<void> {
  if (connection.status === 'closed') return Promise.resolve()
  return new Promise((resolve) => connection.addEventListener('close', () => resolve(), { once: true }))
}

/** Waits for work to end, well or badly, but not beyond a deadline: js-libp2p may wait long for a connection that is saturated. */
async function settled(work: unknown, deadlineMs: number): Promise<void> {
  const deadline = Promise.withResolvers<void>()
  const timer = setTimeout(deadline.resolve, deadlineMs)
  await Promise.race([Promise.resolve(work).catch(() => undefined), deadline.promise])
  clearTimeout(timer)
}
