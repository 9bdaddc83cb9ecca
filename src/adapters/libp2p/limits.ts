/**
 * Every bound of the libp2p adapter in one place. What crosses the wire is limited by `ports/network.ts`; these say how much of it
 * may wait, and for how long. docs/spec/network.md repeats those a second implementation must know.
 */
import type { Channel } from '../../ports/network.ts'

export interface Libp2pLimits {
  /** Connections of both directions beyond which inbound ones are turned away before their handshake. */
  readonly connectionsMax: number
  /** Inbound connections in their handshake at one time. */
  readonly handshakesMax: number
  /** Inbound connections a second from one host: a last resort below the peer policy, which has its own and smaller limits. */
  readonly inboundPerHostPerSecond: number
  /** From an inbound connection's arrival to its encryption. */
  readonly handshakeTimeoutMs: number
  /** From the encrypted connection to both hellos accepted. */
  readonly helloTimeoutMs: number
  /** Between two pings to a peer. */
  readonly pingIntervalMs: number
  /** With neither a ping nor an answer on the control stream, after which a peer counts as lost. More than its pings are apart. */
  readonly silenceTimeoutMs: number
  /** Request streams this node keeps open, over all peers, beyond which the least recently used idle ones are closed. */
  readonly requestStreamsMax: number
  /** How long this node keeps a request stream at least. */
  readonly requestStreamHoldMs: number
  /** Streams of one protocol's requests that a peer may open in a minute: several times what `requestStreamHoldMs` lets it need. */
  readonly requestStreamsPerMinute: number
}

export const defaultLimits: Libp2pLimits = {
  connectionsMax: 4096,
  handshakesMax: 64,
  inboundPerHostPerSecond: 256,
  handshakeTimeoutMs: 5_000,
  helloTimeoutMs: 5_000,
  pingIntervalMs: 20_000,
  silenceTimeoutMs: 30_000,
  requestStreamsMax: 512,
  requestStreamHoldMs: 5_000,
  requestStreamsPerMinute: 60,
}

export const helloBytesMax = 64 << 10
export const reasonBytesMax = 256
export const dialTimeoutMs = 10_000
/** How long a connection outlives the goodbye that ends it, so that its last frame arrives. */
export const lingerMs = 500
/** From a question to a relay, or of one, to its answer; and from there to the encryption. */
export const circuitTimeoutMs = 5_000
/** From the first offer to a direct connection, on the side that is offered it. */
export const traversalTimeoutMs = 15_000
/** What is read of a peer's offers for one, and how many that peers have begun may be under way. */
export const signallingBytesMax = 64 << 10
export const traversalsAtOnceMax = 8
/** How long a relayed connection goes on once a direct one has taken its place: what was under way on it still arrives. */
export const retirementMs = 5_000
/** What a relay promises: less is worth nothing, and more is not believed. */
export const reservationMsMin = 30_000
export const reservationMsMax = 24 * 60 * 60_000
export const stopTimeoutMs = 2_000

/** Waiting to be sent on one connection, below its streams, which wait for room themselves: more is a peer that does not read. */
export const connectionQueuedBytesMax = 16 << 20
/**
 * Pings and new streams of one connection, below which nobody can be told apart from an honest peer: one pings a few times a minute, and
 * opens about ten streams in all.
 */
export const repliesPerSecond = 10
export const repliesBurst = 256

/** One write. Larger ones gain nothing, smaller ones cost a TLS record and a system call each. */
export const writeBytesMax = 128 << 10
/** The least size that writes are padded to; the others are its doubles, up to `writeBytesMax`. */
export const paddedBytesMin = 256
/** Sizes of what is sent on idle links: those of what small messages are padded to. */
export const coverSizes = [256, 512, 1_024, 2_048]
/** Padding of one peer beyond as much as it sends of other bytes: three times 10,000 small writes a second. */
export const paddingBytesPerSecond = 8 << 20
export const paddingBurstBytes = 8 << 20
/** What a padding frame counts for beside its bytes, since empty ones cost something too. */
export const paddingFrameCost = 64
/** Synchronous work on received frames before other work gets its turn: below the 10 ms a vote may wait for the loop. */
export const receiveSliceMs = 6
/**
 * What may be under way of votes: with less, a peer that sends 100 MB/s of them waits for its window whenever our loop is busy for two
 * milliseconds. They are not paced, so this is what a vote may have before it on a thin line.
 */
export const votesWindowBytes = 1 << 20
/** Bulk bytes taken from a peer before it hears of them again. At 10 MB/s that is every 1.6 ms. */
export const acknowledgeEveryBytes = 16 << 10
/** What bulk may queue on the link beyond filling it, which is how long a vote waits. */
export const paceQueueMs = 3
/** Least and most unacknowledged bulk per connection: the least keeps acknowledgements coming, the most bounds what waits with a peer. */
export const paceFloorBytes = 48 << 10
export const paceCeilingBytes = 3 << 20
export const paceInitialBytes = 64 << 10
/** While the least round trip is measured anew: one acknowledgement of a peer that gives one every 32 KiB. */
export const paceProbeBytes = 40 << 10

export interface QueueLimit {
  readonly bytes: number
  readonly messages: number
}
/** What may wait for one peer on one channel. A peer this far behind is better served by asking again later. */
export const channelQueueMax: Readonly<Record<Channel, QueueLimit>> = {
  consensus: { bytes: 4 << 20, messages: 8_192 },
  evidence: { bytes: 1 << 20, messages: 1_024 },
  batches: { bytes: 8 << 20, messages: 65_536 },
  blocks: { bytes: 8 << 20, messages: 1_024 },
  peers: { bytes: 1 << 20, messages: 1_024 },
}

/** Streams that a peer may have open on one connection. It needs about a dozen: control, channels, requests, gossip, identify and ping. */
export const streamsOfPeerMax = 32
/** Of the streams of requests that a peer may open in a minute, those it may open at once. */
export const requestStreamsBurst = 16
/** Requests in flight per peer and protocol, in each direction. */
export const requestsInFlightMax = 256
/** Answer bytes the responder may send ahead of the consumer, beyond which it waits; one part may overshoot it. */
export const answerAheadBytesMax = 1 << 20
/** Parts that may wait for their consumer: an empty one costs memory too. No answer of Synod has as many. */
export const partsAheadMax = 65_536
/** Answer bytes waiting for the wire per request stream, beyond which answers wait. */
export const answersQueuedBytesMax = 1 << 20
/** Answers of a request stream that hold a part that is not queued yet: read from disk, or waiting for the peer's budget. */
export const answersPullingMax = 4
/** How long an answer waits for a consumer that takes nothing. Ten times longer than any requester of Synod waits for an answer. */
export const answerIdleMs = 30_000

/** Gossip among the bulk of a connection: behind batches and blocks, before requests. */
export const gossipPriority = 4
/** Gossip bytes waiting for one slow peer, beyond which messages to it are dropped. */
export const gossipQueuedBytesMax = 2 << 20
/** Ids of gossip that are remembered, so that it is taken once; those older than two minutes are forgotten in any case. */
export const seenGossipMax = 200_000
/** Of the mesh of each channel, these many best by score and these many of our own choosing stay when it is pruned. */
export const gossipMeshKept = { Dscore: 4, Dout: 3 }
/** Messages of one envelope: each is hashed before other work gets its turn. Ours are split to hold no more. */
export const gossipEnvelopeMessagesMax = 128
/** What one envelope may name. Five topics exist; ids of 5,000 messages are what gossipsub itself takes of a peer in a second. */
export const gossipEnvelopeMax = {
  maxSubscriptions: 64,
  maxMessages: gossipEnvelopeMessagesMax,
  maxIhaveMessageIDs: 5_000,
  maxIwantMessageIDs: 5_000,
  maxIdontwantMessageIDs: 512,
  maxControlMessages: 256,
  maxPeerInfos: 16,
}
/** One gossip envelope, which carries at least one message of the largest kind. */
export const gossipEnvelopeBytesMax = 4 << 20
/** Control messages of gossip from one peer: a mesh needs about fifteen a second; the burst is that of some seconds held up. */
export const gossipControlPerSecond = 50
export const gossipControlBurst = 200
/**
 * What one peer may bring by gossip. The busiest channel announces a thousand blocks a second at the most, each of which its neighbours
 * may also say they do not want again; the burst is that of some seconds held up.
 */
export const gossipMessagesPerSecond = 4_000
export const gossipMessagesBurst = 16_000
export const gossipBytesPerSecond = 32 << 20
export const gossipBytesBurst = 128 << 20
