/**
 * One connection to one peer, from its encryption to its end: greeting, established, ended, in this order and never back. Until both
 * hellos are accepted it serves nothing but the control stream. Any breach of the rules, by any stream, ends the whole connection.
 */
import type { Connection, Stream } from '@libp2p/interface'
import {
  type Channel,
  type NetworkHandlers,
  type PeerId,
  type PeerInfo,
  type RequestProtocol,
  requestProtocols,
} from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { createBulkBudget } from './bulk-budget.ts'
import { type ControlStream, createControlStream, helloProtocol } from './control-stream.ts'
import { type ChannelClass, createDirectChannels, messageOf } from './direct-channels.ts'
import { helloTimeoutMs, lingerMs, silenceTimeoutMs } from './limits.ts'
import { createRequestClient, type RequestClient } from './request-client.ts'
import { serveRequests } from './request-server.ts'

export interface LinkOptions {
  readonly connection: Connection
  readonly protection: string
  readonly handlers: NetworkHandlers
  /** Asked when the peer's hello is acceptable: its order among accepted connections, or `undefined` for a superfluous one. */
  readonly place: (link: PeerLink) => bigint | undefined
  readonly onEstablished: (link: PeerLink) => void
  readonly onEnded: (link: PeerLink, reason: string) => void
}

/** How the greeting ended. */
export type Greeting = { readonly kind: 'established' | 'duplicate' } | { readonly kind: 'failed'; readonly reason: string }

export interface PeerLink {
  readonly connection: Connection
  readonly peer: PeerId
  readonly phase: 'greeting' | 'established' | 'ended'
  /** Our own acceptance and the peer's, once given: the counts that order rival connections. */
  readonly ownOrder: bigint | undefined
  readonly peerOrder: bigint | undefined
  readonly openedAt: number
  readonly greeting: Promise<Greeting>
  info(): PeerInfo
  serveControl(stream: Stream): void
  serveChannel(channelClass: ChannelClass, stream: Stream): void
  serveRequests(protocol: RequestProtocol, stream: Stream): void
  send(channel: Channel, message: Bytes): boolean
  request(protocol: RequestProtocol, message: Bytes, timeoutMs: number): AsyncIterable<Bytes>
  /** Measures the latency, and ends the link of a peer that has been silent for too long. */
  ping(): void
  /** Tells the peer the reason, and ends the link. */
  goodbye(reason: string): void
}

export function createPeerLink(options: LinkOptions): PeerLink {
  const { connection, handlers } = options
  const peer = connection.remotePeer.toString()
  const greeting = Promise.withResolvers<Greeting>()
  const openedAt = performance.now()
  const connectedAt = Date.now()
  let phase: PeerLink['phase'] = 'greeting'
  let ownOrder: bigint | undefined
  let peerOrder: bigint | undefined
  let control: ControlStream | undefined
  let heardHello = false
  let latencyMs: number | undefined
  let heardAt = openedAt
  let pingNonce = 0
  let pingSentAt = openedAt

  const budget = createBulkBudget((total) => control?.acknowledge(total))
  const open = (protocol: string) => connection.newStream(protocol, { maxOutboundStreams: 1 })
  const common = { budget, open, onViolation: violate, onLost: (reason: string) => end(reason) }
  const directChannels = createDirectChannels({ ...common, onMessage: deliver })
  const clients = new Map<RequestProtocol, RequestClient>(
    requestProtocols.map((protocol) => [protocol, createRequestClient({ ...common, protocol })]),
  )
  const served = new Set<RequestProtocol>()

  const helloTimer = setTimeout(() => end(`no hello within ${helloTimeoutMs} ms`), helloTimeoutMs)
  connection.addEventListener('close', () => end('the connection closed'))
  if (connection.direction === 'outbound') {
    open(helloProtocol).then(serveControl, (cause: unknown) => end(`the peer does not speak Synod: ${messageOf(cause)}`))
  }

  function deliver(channel: Channel, message: Bytes): void {
    if (phase === 'established') handlers.onMessage(peer, channel, message)
  }

  function serveControl(stream: Stream): void {
    if (phase === 'ended') return stream.abort(new Error('the connection is closing'))
    if (control !== undefined) return violate('a second control stream')
    control = createControlStream(stream, {
      onHello: receiveHello,
      onAccepted(order) {
        if (peerOrder !== undefined || control === undefined) return violate('a second verdict on one hello')
        peerOrder = order
        establish()
      },
      onRefused: (reason) => end(`the peer refused: ${reason}`),
      onDuplicate: () => end('the peer keeps another connection', { kind: 'duplicate' }),
      onPong(nonce) {
        if (nonce !== pingNonce) return
        const roundTripMs = performance.now() - pingSentAt
        latencyMs = latencyMs === undefined ? roundTripMs : latencyMs * 0.7 + roundTripMs * 0.3
        heardAt = performance.now()
      },
      onAcknowledged(total) {
        if (!budget.acknowledged(total)) violate('an acknowledgement of bytes that were not sent')
      },
      onGoodbye: (reason) => end(reason),
      onViolation: violate,
      onClosed: () => end('the connection closed'),
    })
    control.hello(handlers.hello(peer))
  }

  function receiveHello(hello: Bytes): void {
    if (heardHello) return violate('a second hello')
    heardHello = true
    const verdict = handlers.onHello(peer, hello)
    if (!verdict.accept) {
      control?.refuse(verdict.reason)
      return linger(`its hello was refused: ${verdict.reason}`)
    }
    ownOrder = options.place(link)
    if (ownOrder === undefined) {
      control?.duplicate()
      return linger('another connection to the peer is kept', { kind: 'duplicate' })
    }
    control?.accept(ownOrder)
    establish()
  }

  function establish(): void {
    if (phase !== 'greeting' || ownOrder === undefined || peerOrder === undefined) return
    phase = 'established'
    clearTimeout(helloTimer)
    ping()
    options.onEstablished(link)
    greeting.resolve({ kind: 'established' })
  }

  function violate(what: string): void {
    if (phase === 'ended') return
    handlers.onMisbehaviour(peer, what)
    goodbye(`broken rule: ${what}`)
  }

  /** Ends the link at once for us, and leaves the connection open for a moment, so that what was said last arrives. */
  function linger(reason: string, outcome?: Greeting): void {
    if (conclude(reason, outcome)) setTimeout(() => connection.abort(new Error(reason)), lingerMs)
  }

  function end(reason: string, outcome?: Greeting): void {
    if (conclude(reason, outcome)) connection.abort(new Error(reason))
  }

  function conclude(reason: string, outcome?: Greeting): boolean {
    if (phase === 'ended') return false
    phase = 'ended'
    clearTimeout(helloTimer)
    for (const client of clients.values()) client.close(`the peer is gone: ${reason}`)
    greeting.resolve(outcome ?? { kind: 'failed', reason })
    options.onEnded(link, reason)
    return true
  }

  function goodbye(reason: string): void {
    if (phase === 'ended') return
    control?.goodbye(reason)
    linger(reason)
  }

  function ping(): void {
    if (performance.now() - heardAt > silenceTimeoutMs) return end('the peer fell silent')
    pingNonce = (pingNonce + 1) >>> 0
    pingSentAt = performance.now()
    control?.ping(pingNonce)
  }

  /** Streams other than control wait for both hellos; a peer that opens one earlier breaks the rules. */
  function mayServe(stream: Stream): boolean {
    if (phase === 'established') return true
    stream.abort(new Error('no protocol is served before hello'))
    violate('a stream before hello was accepted')
    return false
  }

  const link: PeerLink = {
    connection,
    peer,
    openedAt,
    greeting: greeting.promise,
    get phase() {
      return phase
    },
    get ownOrder() {
      return ownOrder
    },
    get peerOrder() {
      return peerOrder
    },
    info: () => ({
      id: peer,
      address: connection.remoteAddr.toString(),
      direction: connection.direction,
      protection: options.protection,
      latencyMs,
      connectedAt,
    }),
    serveControl,
    serveChannel(channelClass, stream) {
      if (mayServe(stream)) directChannels.accept(channelClass, stream)
    },
    serveRequests(protocol, stream) {
      if (!mayServe(stream)) return
      if (served.has(protocol)) return violate(`a second stream of ${protocol} requests`)
      served.add(protocol)
      serveRequests(stream, { ...common, protocol, answer: (message) => handlers.onRequest(peer, protocol, message) })
    },
    send: (channel, message) => phase === 'established' && directChannels.send(channel, message),
    request: (protocol, message, timeoutMs) => (clients.get(protocol) as RequestClient).request(message, timeoutMs),
    ping,
    goodbye,
  }
  return link
}
