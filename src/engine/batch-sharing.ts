import type { BatchPool } from '../mempool/batch-pool.ts'
import type { Timer } from '../ports/clock.ts'
import type { PeerId, PeerInfo } from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { Rejection } from '../primitives/result.ts'
import { type BatchAnnouncer, createBatchAnnouncer } from './batch-announcer.ts'
import type { BatchArrivals } from './batch-arrivals.ts'
import { type BatchPuller, createBatchPuller } from './batch-puller.ts'
import { createKnownBatches, type KnownBatches } from './known-batches.ts'
import { createMempoolMeeting } from './mempool-meeting.ts'
import { createMempoolServer } from './mempool-server.ts'
import type { MessageTrace } from './message-trace.ts'
import type { Ports } from './ports.ts'

/** How nodes come to know which batches others have: by announcements, and by comparing mempools when they meet. */
export interface BatchSharing {
  readonly known: KnownBatches
  readonly announcer: BatchAnnouncer
  readonly puller: BatchPuller
  /** A new peer and this node find out what waits at one of them alone: it was not pushed between them. */
  greet(peer: Pick<PeerInfo, 'id' | 'direction'>): void
  /** Something could not be sent to the peer: mempools are compared in a while. */
  meetAgain(peer: PeerId): void
  /** What a peer asks in order to compare mempools. */
  serve(peer: PeerId, request: Bytes): AsyncGenerator<Bytes>
  forget(peer: PeerId): void
  start(): void
  stop(): void
}

/** Hashes that a new peer of version 1 is told. */
const greetingMax = 2048
/** Open batches that are compared with those of another. */
const comparedMax = 8192
const meetAgainMs = 1000
/** One peer after the other is met without an occasion: what got lost in any way is found, for 200 bytes when nothing did. */
const reviewMs = 30_000

export function createBatchSharing(options: {
  ports: Ports
  pool: BatchPool
  arrivals: BatchArrivals
  trace: MessageTrace
  /** The protocol version spoken with a peer. */
  negotiated: (peer: PeerId) => number
  /** Whether two peers are connected to each other. */
  linked: (one: PeerId, other: PeerId) => boolean
  onRejection: (peer: PeerId, rejection: Rejection) => void
}): BatchSharing {
  const { ports, pool, negotiated, onRejection } = options
  const { clock } = ports
  const known = createKnownBatches(ports.entropy)
  const puller = createBatchPuller({ ...options, known })
  const announcer = createBatchAnnouncer(ports, known, options.linked)
  const compared = { pool, batchesMax: comparedMax }
  const server = createMempoolServer({ ...compared, clock })
  const meeting = createMempoolMeeting({
    ...compared,
    ports,
    onLacking: puller.onAnnounced,
    announce: announcer.tell,
    onRejection,
  })

  let reviews = 0
  let timer: Timer | undefined

  function reviewLater(): void {
    timer = clock.schedule(reviewMs, () => {
      reviewLater()
      const peers = ports.network.peers().filter(({ id }) => negotiated(id) >= 2)
      const peer = peers[reviews++ % Math.max(1, peers.length)]
      if (peer) meeting.meet(peer.id)
    })
  }

  return {
    known,
    announcer,
    puller,
    greet({ id, direction }) {
      known.meet(id)
      // One of the two compares, for both.
      if (negotiated(id) < 2) announcer.tell(id, pool.open(greetingMax))
      else if (direction === 'outbound') meeting.meet(id)
    },
    meetAgain(peer) {
      if (negotiated(peer) >= 2) clock.schedule(meetAgainMs, () => meeting.meet(peer))
    },
    serve: server.serve,
    forget(peer) {
      known.forget(peer)
      server.forget(peer)
    },
    start: reviewLater,
    stop() {
      timer?.cancel()
      meeting.stop()
      puller.stop()
      announcer.stop()
    },
  }
}
