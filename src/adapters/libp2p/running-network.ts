/** The network between start and stop: links come and go with libp2p's connections, and the port's calls find theirs. */
import type { Connection, Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import {
  type Channel,
  type NetworkHandlers,
  type PeerId,
  type PeerInfo,
  type RequestProtocol,
  requestProtocols,
} from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { helloProtocol } from './control-stream.ts'
import { channelClasses, messageOf } from './direct-channels.ts'
import type { Gossip } from './gossip.ts'
import { dialTimeoutMs, lingerMs, pingIntervalMs, stopTimeoutMs } from './limits.ts'
import { createPeerLink, type PeerLink } from './peer-link.ts'
import { createPeerRegistry } from './peer-registry.ts'
import { failure } from './request-client.ts'
import { requestProtocolName } from './request-frames.ts'

export interface RunningNetworkOptions {
  readonly libp2p: Libp2p
  readonly handlers: NetworkHandlers
  readonly protectionOf: (connection: Connection) => string
  readonly createGossip: (isEstablished: (connection: Connection) => boolean) => Gossip
}

export interface RunningNetwork {
  start(): Promise<void>
  connect(address: string, timeoutMs?: number): Promise<PeerId>
  disconnect(peer: PeerId, reason: string): void
  peers(): readonly PeerInfo[]
  send(peer: PeerId, channel: Channel, message: Bytes): boolean
  broadcast(channel: Channel, message: Bytes): void
  request(peer: PeerId, protocol: RequestProtocol, message: Bytes, timeoutMs: number): AsyncIterable<Bytes>
  stop(): Promise<void>
}

export function createRunningNetwork(options: RunningNetworkOptions): RunningNetwork {
  const { libp2p, handlers } = options
  const registry = createPeerRegistry(libp2p.peerId.toString())
  const gossip = options.createGossip((connection) => registry.byConnection(connection.id)?.phase === 'established')
  const stopping = new AbortController()
  /** Dials whose connection was superfluous, waiting for the one that is kept. */
  const waiting = new Map<PeerId, Set<() => void>>()
  let pings: NodeJS.Timeout | undefined

  function onOpen(connection: Connection): void {
    if (stopping.signal.aborted) return connection.abort(new Error('the node is stopping'))
    // A second dial to a connected peer: `connect` returns the link there is.
    if (connection.direction === 'outbound' && registry.get(connection.remotePeer.toString()) !== undefined) {
      return connection.abort(new Error('already connected'))
    }
    const protection = options.protectionOf(connection)
    registry.add(createPeerLink({ connection, protection, handlers, place: registry.place, onEstablished, onEnded }))
  }

  function onEstablished(link: PeerLink): void {
    const loser = registry.establish(link)
    if (loser === link) return link.goodbye('another connection to the peer is kept')
    if (loser !== undefined) {
      gossip.leave(loser.connection.remotePeer)
      handlers.onDisconnected(loser.info(), 'replaced by another connection')
      loser.goodbye('replaced by another connection')
    }
    handlers.onConnected(link.info())
    gossip.join(link.connection)
    for (const resume of waiting.get(link.peer) ?? []) resume()
  }

  function onEnded(link: PeerLink, reason: string): void {
    if (!registry.remove(link)) return
    gossip.leave(link.connection.remotePeer)
    handlers.onDisconnected(link.info(), reason)
    // What libp2p remembers of strangers would grow for ever; the address book is the engine's.
    void libp2p.peerStore.delete(link.connection.remotePeer)
  }

  function register(
    protocol: string,
    serve: (link: PeerLink, stream: Parameters<PeerLink['serveControl']>[0]) => void,
  ): Promise<void> {
    return libp2p.handle(
      protocol,
      (stream, connection) => {
        const link = registry.byConnection(connection.id)
        if (link === undefined || link.phase === 'ended') stream.abort(new Error('the connection is closing'))
        else serve(link, stream)
      },
      { maxInboundStreams: 2, maxOutboundStreams: 2 },
    )
  }

  async function start(): Promise<void> {
    libp2p.addEventListener('connection:open', (event) => onOpen(event.detail))
    await register(helloProtocol, (link, stream) => link.serveControl(stream))
    for (const channelClass of channelClasses) {
      await register(channelClass.protocol, (link, stream) => {
        if (link.admits(stream)) link.services.channels.accept(channelClass, stream)
      })
    }
    for (const protocol of requestProtocols) {
      await register(requestProtocolName(protocol), (link, stream) => {
        if (link.admits(stream)) link.services.serveRequests(protocol, stream)
      })
    }
    await gossip.start()
    try {
      await libp2p.start()
    } catch (cause) {
      await gossip.stop()
      throw new OperationalError('LISTEN_FAILED', `Cannot listen: ${messageOf(cause)}`, { cause })
    }
    pings = setInterval(() => {
      for (const link of registry.established()) link.ping()
    }, pingIntervalMs)
    pings.unref()
  }

  async function connect(address: string, timeoutMs = dialTimeoutMs): Promise<PeerId> {
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), stopping.signal])
    try {
      const target = multiaddr(address)
      const named = target.getComponents().findLast((component) => component.name === 'p2p')?.value
      if (named !== undefined && registry.get(named) !== undefined) return named
      const connection = await libp2p.dial(target, { signal })
      const peer = connection.remotePeer.toString()
      const link = registry.byConnection(connection.id)
      const greeting = (await link?.greeted) ?? { kind: 'duplicate' }
      if (greeting.kind === 'failed') throw new Error(greeting.reason)
      if (registry.get(peer) === undefined) await established(peer, signal)
      return peer
    } catch (cause) {
      throw dialFailure(address, cause, timeoutMs, signal)
    }
  }

  function established(peer: PeerId, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const resume = () => settle(resolve)
      const giveUp = () => settle(() => reject(new Error('no connection to the peer was established')))
      const settle = (then: () => void) => {
        signal.removeEventListener('abort', giveUp)
        const others = waiting.get(peer)
        others?.delete(resume)
        if (others?.size === 0) waiting.delete(peer)
        then()
      }
      signal.addEventListener('abort', giveUp)
      waiting.set(peer, (waiting.get(peer) ?? new Set()).add(resume))
    })
  }

  async function stop(): Promise<void> {
    if (stopping.signal.aborted) return
    clearInterval(pings)
    const connections = libp2p.getConnections()
    for (const link of [...registry.all()]) link.goodbye('the node is stopping')
    stopping.abort()
    await settled(Promise.all(connections.map(closed)), lingerMs)
    for (const connection of libp2p.getConnections()) connection.abort(new Error('the node is stopping'))
    await settled(gossip.stop(), stopTimeoutMs)
    await settled(libp2p.stop(), stopTimeoutMs)
  }

  return {
    start,
    connect,
    disconnect: (peer, reason) => registry.get(peer)?.goodbye(reason),
    peers: () => Array.from(registry.established(), (link) => link.info()),
    send: (peer, channel, message) => registry.get(peer)?.services.channels.send(channel, message) ?? false,
    broadcast: (channel, message) => gossip.publish(channel, message),
    request(peer, protocol, message, timeoutMs) {
      const link = registry.get(peer)
      if (link === undefined) return failing(failure(protocol, 'the peer is not connected'))
      return link.services.client(protocol).request(message, timeoutMs)
    },
    stop,
  }
}

function failing(error: Error): AsyncIterable<Bytes> {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) }
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

function dialFailure(address: string, cause: unknown, timeoutMs: number, signal: AbortSignal): OperationalError {
  const reason = signal.aborted ? `no connection within ${timeoutMs} ms` : messageOf(cause)
  return new OperationalError('DIAL_FAILED', `Cannot connect to ${address}: ${reason}`, { where: address, cause })
}
