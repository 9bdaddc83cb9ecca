import { type Refusal, readRefusal } from '../peers/refusal.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import type { Relaying } from './relaying.ts'

/**
 * The network as the engine sees it: authenticated peers, channels of messages, requests with streamed answers. One contract suite
 * runs against every implementation. Nothing but `hello` crosses a connection before both sides accepted the other's `hello`.
 */
export interface Network {
  /** This node's own peer id. */
  readonly self: PeerId
  /** Starts listening. Handlers are complete before the first event. */
  start(handlers: NetworkHandlers): Promise<void>
  /** Addresses others can dial, with the peer id. */
  addresses(): readonly string[]
  /** Resolves once both hellos are accepted. Throws `OperationalError` DIAL_FAILED otherwise. Connecting twice yields the same peer. */
  connect(address: string, options?: { timeoutMs?: number }): Promise<PeerId>
  disconnect(peer: PeerId, reason: string): void
  /**
   * Tries an address of a connected peer over a connection of its own, on which this hello is said, and which then ends: nobody is
   * connected by it. Resolves once the peer has answered there, or when it is known that it will not.
   */
  dialBack(address: string, hello: Bytes, options: { timeoutMs: number }): Promise<DialBackOutcome>
  /** Ends a connection on which no peer was accepted yet, at once and without a word. */
  cut(connectionId: number, reason: string): void
  /** Reads nothing from the peer for so long: what it sends waits in its own buffers. A pause of 0 ends the present one. */
  pause(peer: PeerId, forMs: number): void
  peers(): readonly PeerInfo[]
  /**
   * Queues a message on the direct, ordered stream of the channel's class. Never waits: returns false, and drops the message, when
   * the peer is gone or its bounded queue for this channel is full.
   */
  send(peer: PeerId, channel: Channel, message: Bytes): boolean
  /** Publishes by gossip to everyone who follows the channel, reaching beyond direct peers. At most once per content. */
  broadcast(channel: Channel, message: Bytes): void
  /** One request, an answer in any number of parts. The iterable throws `OperationalError` REQUEST_FAILED on time-out, refusal or a lost peer. */
  request(peer: PeerId, protocol: RequestProtocol, message: Bytes, options: { timeoutMs: number }): AsyncIterable<Bytes>
  /** What crossed the wire with a peer over its present connection; without a peer: with everybody, since the start. */
  traffic(peer?: PeerId): Traffic
  stop(): Promise<void>
  /** Absent: no connection leads through a third node. */
  readonly relaying?: Relaying
}

/** Textual peer id, as libp2p prints it. */
export type PeerId = string

/** `unable`: this node has no way to that kind of address, which says nothing of the peer. */
export type DialBackOutcome = 'reached' | 'unreachable' | 'unable'

/** In falling priority: a consensus message never waits behind a block. */
export const channels = ['consensus', 'evidence', 'batches', 'blocks', 'peers'] as const
export type Channel = (typeof channels)[number]

/** Most bytes one message on each channel may have. */
export const channelBytesMax: Readonly<Record<Channel, number>> = {
  consensus: 1 << 20,
  evidence: 128 << 10,
  batches: 128 << 10,
  blocks: 1 << 20,
  peers: 64 << 10,
}

export const requestProtocols = ['batch', 'block', 'headers', 'status', 'mempool', 'dht', 'reach', 'light', 'snapshot'] as const
export type RequestProtocol = (typeof requestProtocols)[number]
export const requestBytesMax = 64 << 10
export const responsePartBytesMax = 8 << 20

export type Verdict = 'accept' | 'ignore' | 'reject'

export type Transport = 'tcp' | 'quic' | 'ws' | 'wss' | 'webrtc' | 'relay' | 'memory' | 'simulated'

export interface PeerInfo {
  readonly id: PeerId
  /** Names the connection among all this node has had, as `InboundConnection.id` does. */
  readonly connectionId: number
  readonly address: string
  /**
   * The peer's IP address in its shortest form; in memory and in the simulator, whatever names its host; of a relayed peer, whose
   * address nobody here has seen, what `relayHost` makes of its relay's id.
   */
  readonly host: string
  readonly transport: Transport
  /** The connection leads through a third node. */
  readonly relayed: boolean
  readonly direction: 'inbound' | 'outbound'
  /** What protects the connection, e.g. `tls1.3 X25519MLKEM768`, `noise-xx X25519`, `simulated`. */
  readonly protection: string
  readonly latencyMs: number | undefined
  readonly connectedAt: number
}

/** What all that crosses a connection is divided into. `control`: hellos, pings, acknowledgements, padding, and what libp2p itself says. */
export const trafficClasses = [...channels, 'requests', 'gossip', 'control'] as const
export type TrafficClass = (typeof trafficClasses)[number]

export interface Traffic {
  /** Bytes of the socket, encryption and framing included; 0 over WebRTC and in memory, which do not tell. */
  readonly wire: TrafficCount
  /** Bytes of messages before compression, by class. */
  readonly classes: Readonly<Record<TrafficClass, TrafficCount>>
}

export function noTraffic(): Traffic {
  const none = { bytesIn: 0, bytesOut: 0 }
  return { wire: none, classes: Object.fromEntries(trafficClasses.map((name) => [name, none])) as Traffic['classes'] }
}

export interface TrafficCount {
  readonly bytesIn: number
  readonly bytesOut: number
}

/** A connection that has just arrived: nothing is known of it but where it comes from. */
export interface InboundConnection {
  readonly id: number
  readonly host: string
  /** `datagram`: one datagram came, and its sender may have lied about the host. Absent: `stream`, which has shown where it comes from. */
  readonly kind?: 'stream' | 'datagram'
}

/**
 * What can go wrong with a connection before anybody has said hello on it. `slow handshake`, `no hello`: silence, or too few bytes, until
 * the deadline, or, once it is encrypted, for more than a second before the other side closes. `no proof`: the same, of a proof that was
 * wanted. `cut handshake`: the other side closed, as an honest one does too that changes its mind. The other two are never honest.
 */
export type StrangerFault = 'slow handshake' | 'broken handshake' | 'false identity' | 'cut handshake' | 'no hello' | 'no proof'

/** A connection on which hellos are exchanged. Both sides may dial at once, so a peer can have two. */
export interface GreetedConnection extends InboundConnection {
  readonly direction: PeerInfo['direction']
}

export interface NetworkHandlers {
  /** Asked before anything is spent on a connection that arrives, its handshake above all. Absent: everybody is let in. */
  onInbound?(connection: InboundConnection): InboundVerdict
  /** A connection that was let in is over, whether or not a peer came of it. */
  onInboundEnded?(connection: InboundConnection): void
  /** Something went wrong with a connection that was let in, before a peer came of it. */
  onStranger?(connection: InboundConnection, fault: StrangerFault): void
  /** The bytes of this node's own hello, asked once for each connection. */
  hello(peer: PeerId, connection: GreetedConnection): Bytes
  /** Accepts the peer, or refuses it with a reason that is sent to it before the connection closes. */
  onHello(peer: PeerId, hello: Bytes, connection: GreetedConnection): HelloVerdict | ProofWanted
  /**
   * What this node owes a peer after its hello: `undefined` for nothing, which costs no round trip. Asked after this node's own
   * `onHello` did not refuse it. Rejects when this node cannot prove it; the connection then ends with the error's message.
   */
  prove?(peer: PeerId, hello: Bytes, connection: GreetedConnection): Promise<Bytes> | undefined
  /** Judges the proof that `onHello` wanted. */
  onProof?(peer: PeerId, proof: Bytes, connection: GreetedConnection): HelloVerdict
  onConnected(peer: PeerInfo): void
  /**
   * A relayed peer is reached over a direct connection from now on. It was connected all the time: what was under way on the former
   * connection still arrives there. Absent: told as an end and a beginning.
   */
  onMoved?(peer: PeerInfo, before: PeerInfo): void
  onDisconnected(peer: PeerInfo, reason: string): void
  /** A direct message, in the order it was sent on its channel. */
  onMessage(peer: PeerId, channel: Channel, message: Bytes): void
  /** A gossiped message, checked before it is forwarded: `accept` forwards, `ignore` drops, `reject` also costs the sender. */
  onGossip(peer: PeerId, channel: Channel, message: Bytes): Verdict | Promise<Verdict>
  /** An envelope said something about the mesh itself, and was heard, or was beyond the peer's budget. Absent: nobody counts them. */
  onGossipControl?(peer: PeerId, outcome: 'taken' | 'dropped'): void
  /** Answers a request part by part; throwing refuses it. The requester is told what `peers/refusal.ts` made, and nothing of other errors. */
  onRequest(peer: PeerId, protocol: RequestProtocol, message: Bytes): AsyncIterable<Bytes>
  /** The peer broke the transport's own rules: oversized frame, garbage, unknown protocol. */
  onMisbehaviour(peer: PeerId, what: string): void
}

/** Most bytes of a proof. */
export const proofBytesMax = 16 << 10
/** How long a proof of this node may take before the connection is given up. */
export const provingTimeoutMs = 12_000

export type HelloVerdict = { readonly accept: true } | { readonly accept: false; readonly reason: string }
/** The peer is accepted or refused when its proof comes, and refused when none comes in time. */
export interface ProofWanted {
  readonly proofWithinMs: number
}

/** `refuse`: the connection closes without a word, which is all that costs next to nothing. */
export type InboundVerdict = 'admit' | 'refuse'

/** A dial failed because another peer answers at the address than it names. */
export function answeredByAnother(error: unknown): boolean {
  const cause = error instanceof OperationalError ? error.cause : undefined
  return typeof cause === 'object' && cause !== null && 'anotherPeer' in cause
}

/** A request failed because the peer refused it, in words that are its own and untrusted. */
export function requestRefused(message: string, text: string): OperationalError {
  return new OperationalError('REQUEST_FAILED', `${message}: the peer refused: ${text}`, {
    cause: { refusal: readRefusal(text) },
  })
}

/** The code of a REQUEST_FAILED, and what came with it; `undefined` when the peer did not refuse, but the request failed. */
export function refusalOf(error: unknown): Refusal | undefined {
  const cause = error instanceof OperationalError ? error.cause : undefined
  return (cause as { readonly refusal?: Refusal } | undefined)?.refusal
}
