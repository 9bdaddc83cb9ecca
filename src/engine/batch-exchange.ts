import type { DecodedTransaction } from '../application/application.ts'
import { encodedBatchHash } from '../chain/batch.ts'
import { batchMessageSchema, batchRequestSchema } from '../chain/batch-message.ts'
import type { Order } from '../chain/block.ts'
import { decode } from '../codec/codec.ts'
import type { Hash } from '../crypto/hash.ts'
import type { BatchPacker } from '../mempool/batch-packer.ts'
import type { BatchPool } from '../mempool/batch-pool.ts'
import type { Mempool } from '../mempool/mempool.ts'
import { createReplayWatch } from '../peers/replay-watch.ts'
import type { PeerId, PeerInfo } from '../ports/network.ts'
import { type Bytes, toHex } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { ok, type Rejection, type Result, reject } from '../primitives/result.ts'
import { tokenBucketPolicy } from '../primitives/token-bucket.ts'
import { createBatchArrivals } from './batch-arrivals.ts'
import { createBatchPusher } from './batch-pusher.ts'
import { createBatchSharing } from './batch-sharing.ts'
import type { MessageTrace } from './message-trace.ts'
import type { Ports } from './ports.ts'
import { requestRejected } from './request-rejection.ts'
import type { TransactionIntake } from './transaction-intake.ts'
import type { Usefulness } from './usefulness.ts'

/**
 * Each transaction's bytes cross each node once: the node that took a transaction in packs it with others and pushes the batch to its
 * peers; who has a batch announces its hash; who lacks one that a proposal names, or that was announced and not pushed, pulls it.
 */
export interface BatchExchange {
  /** Takes in transactions from a client of this node. Throws `OperationalError` NODE_STOPPED, VERIFIER_UNAVAILABLE. */
  submit(encoded: readonly Bytes[]): Promise<readonly Result<Hash>[]>
  /** Packs what waits now, so that a proposal can name it. */
  flush(): void
  /** A new peer and this node find out what waits at one of them alone: it was not pushed between them. */
  greet(peer: Pick<PeerInfo, 'id' | 'direction'>): void
  forget(peer: PeerId): void
  /** From now on mempools are also compared now and then, without an occasion. */
  start(): void
  onMessage(peer: PeerId, message: Bytes): void
  /** Encoded batches asked for by a peer. */
  serve(peer: PeerId, request: Bytes): Generator<Bytes>
  /** What a peer asks in order to compare mempools. */
  serveComparison(peer: PeerId, request: Bytes): AsyncGenerator<Bytes>
  /** The transactions of an order, pulling what is missing, until they are here, the order proves bad, or `wanted` turns false. */
  resolve(
    order: Order,
    from: PeerId | undefined,
    wanted: () => boolean,
  ): Promise<Result<readonly DecodedTransaction[]> | undefined>
  stop(): void
}

/** Nodes push a batch to a peer once; a few more are forgiven, to whoever loses count in a restart. */
const replaysForgiven = tokenBucketPolicy(16, 60_000)

export function createBatchExchange(options: {
  ports: Ports
  intake: TransactionIntake
  mempool: Pick<Mempool, 'has'>
  packer: BatchPacker
  pool: BatchPool
  trace: MessageTrace
  usefulness: Usefulness
  height: () => number
  /** The protocol version spoken with a peer. */
  negotiated: (peer: PeerId) => number
  /** Whether two peers are connected to each other. */
  linked: (one: PeerId, other: PeerId) => boolean
  /** A transaction became ready for a block. */
  onAvailable: () => void
  /** Transactions whose batches had to make room: what no batch names any longer no block can hold. */
  onLost: (ids: readonly Hash[]) => void
  onRejection: (peer: PeerId, rejection: Rejection) => void
  /** The peer brought something new. */
  praise?: (peer: PeerId, deed: 'batch-useful') => void
}): BatchExchange {
  const { ports, intake, packer, pool, onRejection } = options
  const { telemetry } = ports
  const arrivals = createBatchArrivals({ ...options, telemetry, onHeld })
  const sharing = createBatchSharing({ ...options, arrivals })
  const pusher = createBatchPusher({ ...options, sharing })
  const replays = createReplayWatch(replaysForgiven)
  let stopped = false

  function countBytes(direction: 'in' | 'out', bytes: Bytes): void {
    telemetry.count('synod_batch_bytes_total', bytes.length, { direction })
  }

  /** A batch with nothing new in it is not worth telling: repacking what everybody has would be a way to fill the network. */
  function onHeld(hash: Hash, from: PeerId, wanted: boolean): void {
    if (!wanted) return
    options.praise?.(from, 'batch-useful')
    sharing.announcer.add(hash, from)
    options.onAvailable()
  }

  function onPushed(peer: PeerId, encoded: Bytes): void {
    const hash = encodedBatchHash(encoded)
    if (replays.isReplay(peer, hash, ports.clock.monotonic())) {
      return onRejection(peer, { code: 'BATCH_REPLAYED', detail: toHex(hash) })
    }
    sharing.known.add(peer, hash)
    arrivals.take(encoded, hash, peer, 'pushed').catch((error: unknown) => {
      // The batch can still be pulled when a proposal names it.
      telemetry.log('debug', 'a batch was dropped', { peer, error: String(error) })
    })
  }

  function admit(transaction: DecodedTransaction): Result<Hash> {
    const [admitted] = intake.admit([transaction], 'local')
    if (admitted && !admitted.ok) return admitted
    packer.add(transaction)
    options.trace.noteTransaction('submitted', transaction.id)
    return ok(transaction.id)
  }

  return {
    async submit(encoded) {
      if (stopped) throw new OperationalError('NODE_STOPPED', 'The node takes in no transactions any more.')
      const answers = await intake.verify(encoded)
      const results = answers.map((answer) => (answer.ok ? admit(answer.value) : answer))
      pusher.filled()
      if (results.some((result) => result.ok)) options.onAvailable()
      return results
    },

    flush: pusher.flush,
    greet: sharing.greet,
    start: sharing.start,
    forget(peer) {
      sharing.forget(peer)
      replays.forget(peer)
    },

    onMessage(peer, message) {
      const decoded = decode(batchMessageSchema, message)
      if (!decoded.ok) return onRejection(peer, decoded.error)
      if (decoded.value.type === 'announce') return sharing.puller.onAnnounced(peer, decoded.value.hashes)
      countBytes('in', message)
      onPushed(peer, decoded.value.encoded)
    },

    serve: (peer, request) =>
      serveBatches(pool, request, (hash, encoded) => {
        sharing.known.add(peer, hash)
        countBytes('out', encoded)
      }),

    serveComparison: sharing.serve,

    async resolve(order, from, wanted) {
      while (!stopped && wanted()) {
        const bad = order.batches.map(arrivals.refusal).find((rejection) => rejection !== undefined)
        if (bad) return reject(bad.code, bad.detail)
        const resolution = pool.resolve(order)
        if (!resolution.ok) return resolution
        if ('transactions' in resolution.value) return ok(resolution.value.transactions)
        await sharing.puller.pullForOrder(resolution.value.missing, from)
      }
      return undefined
    },

    stop() {
      stopped = true
      sharing.stop()
      pusher.stop()
    },
  }
}

/** The batches asked for that are here; a request that cannot be read is refused by throwing. */
function* serveBatches(pool: BatchPool, request: Bytes, onServed: (hash: Hash, encoded: Bytes) => void): Generator<Bytes> {
  const decoded = decode(batchRequestSchema, request)
  if (!decoded.ok) throw requestRejected(decoded.error)
  for (const hash of decoded.value.hashes) {
    const encoded = pool.encoded(hash)
    if (!encoded) continue
    onServed(hash, encoded)
    yield encoded
  }
}
