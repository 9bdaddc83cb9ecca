import type { DecodedTransaction } from '../application/application.ts'
import { encodedBatchHash } from '../chain/batch.ts'
import { batchMessageSchema, batchRequestSchema } from '../chain/batch-message.ts'
import type { Order } from '../chain/block.ts'
import { decode, encode } from '../codec/codec.ts'
import type { Hash } from '../crypto/hash.ts'
import type { BatchPacker, PackedBatch } from '../mempool/batch-packer.ts'
import type { BatchPool } from '../mempool/batch-pool.ts'
import type { Mempool } from '../mempool/mempool.ts'
import type { Timer } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { ok, type Rejection, type Result, reject } from '../primitives/result.ts'
import { createBatchAnnouncer } from './batch-announcer.ts'
import { createBatchArrivals } from './batch-arrivals.ts'
import { createBatchPuller } from './batch-puller.ts'
import type { MessageTrace } from './message-trace.ts'
import type { Ports } from './ports.ts'
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
  /** Tells a new peer what waits here: it was not among those to whom it was pushed. */
  greet(peer: PeerId): void
  onMessage(peer: PeerId, message: Bytes): void
  /** Encoded batches asked for by a peer. */
  serve(request: Bytes): Generator<Bytes>
  /** The transactions of an order, pulling what is missing, until they are here, the order proves bad, or `wanted` turns false. */
  resolve(
    order: Order,
    from: PeerId | undefined,
    wanted: () => boolean,
  ): Promise<Result<readonly DecodedTransaction[]> | undefined>
  stop(): void
}

const packDelayMs = 10
/** Hashes that a new peer is told. */
const greetingMax = 2048

export function createBatchExchange(options: {
  ports: Ports
  intake: TransactionIntake
  mempool: Pick<Mempool, 'has'>
  packer: BatchPacker
  pool: BatchPool
  trace: MessageTrace
  usefulness: Usefulness
  height: () => number
  /** A transaction became ready for a block. */
  onAvailable: () => void
  /** Transactions whose batches had to make room: what no batch names any longer no block can hold. */
  onLost: (ids: readonly Hash[]) => void
  onRejection: (peer: PeerId, rejection: Rejection) => void
}): BatchExchange {
  const { ports, intake, packer, pool, trace, onRejection } = options
  const { clock, network, telemetry } = ports
  const arrivals = createBatchArrivals({ ...options, telemetry, onHeld })
  const puller = createBatchPuller({ ports, arrivals, trace, onRejection })
  const announcer = createBatchAnnouncer(ports, puller.isHolder)
  let packTimer: Timer | undefined
  let stopped = false

  function pack(): void {
    packTimer?.cancel()
    packTimer = undefined
    for (const batch of packer.flush()) {
      const lost = pool.add(batch, { height: options.height(), wanted: true })
      if (lost.length > 0) options.onLost(lost)
      telemetry.count('synod_batches_total', 1, { way: 'packed' })
      notePacked(trace, batch)
      const message = encode(batchMessageSchema, { type: 'push', encoded: batch.encoded })
      for (const { id: peer } of network.peers()) {
        if (!network.send(peer, 'batches', message)) continue
        countBytes('out', message)
        trace.note('pushed', batch.hash, { peer })
      }
    }
  }

  function countBytes(direction: 'in' | 'out', bytes: Bytes): void {
    telemetry.count('synod_batch_bytes_total', bytes.length, { direction })
  }

  /** A batch with nothing new in it is not worth telling: repacking what everybody has would be a way to fill the network. */
  function onHeld(hash: Hash, from: PeerId, wanted: boolean): void {
    if (!wanted) return
    announcer.add(hash, from)
    options.onAvailable()
  }

  function onPushed(peer: PeerId, encoded: Bytes): void {
    arrivals.take(encoded, encodedBatchHash(encoded), peer, 'pushed').catch((error: unknown) => {
      // The batch can still be pulled when a proposal names it.
      telemetry.log('debug', 'a batch was dropped', { peer, error: String(error) })
    })
  }

  function admit(transaction: DecodedTransaction): Result<Hash> {
    const [admitted] = intake.admit([transaction], 'local')
    if (admitted && !admitted.ok) return admitted
    packer.add(transaction)
    trace.noteTransaction('submitted', transaction.id)
    return ok(transaction.id)
  }

  return {
    async submit(encoded) {
      if (stopped) throw new OperationalError('NODE_STOPPED', 'The node takes in no transactions any more.')
      const answers = await intake.verify(encoded)
      const results = answers.map((answer) => (answer.ok ? admit(answer.value) : answer))
      if (packer.full) pack()
      else if (!packer.empty && !packTimer) packTimer = clock.schedule(packDelayMs, pack)
      if (results.some((result) => result.ok)) options.onAvailable()
      return results
    },

    flush: () => {
      if (!packer.empty) pack()
    },

    greet: (peer) => announcer.tell(peer, pool.open(greetingMax)),

    onMessage(peer, message) {
      const decoded = decode(batchMessageSchema, message)
      if (!decoded.ok) return onRejection(peer, decoded.error)
      if (decoded.value.type === 'announce') return puller.onAnnounced(peer, decoded.value.hashes)
      countBytes('in', message)
      onPushed(peer, decoded.value.encoded)
    },

    serve: (request) => serveBatches(pool, request, (bytes) => countBytes('out', bytes)),

    async resolve(order, from, wanted) {
      while (!stopped && wanted()) {
        const bad = order.batches.map(arrivals.refusal).find((rejection) => rejection !== undefined)
        if (bad) return reject(bad.code, bad.detail)
        const resolution = pool.resolve(order)
        if (!resolution.ok) return resolution
        if ('transactions' in resolution.value) return ok(resolution.value.transactions)
        await puller.pullForOrder(resolution.value.missing, from)
      }
      return undefined
    },

    stop() {
      stopped = true
      puller.stop()
      announcer.stop()
      packTimer?.cancel()
    },
  }
}

function notePacked(trace: MessageTrace, { hash, transactions }: PackedBatch): void {
  trace.note('packed', hash)
  for (const { id } of transactions) trace.noteTransaction('packed', id, { within: hash })
}

/** The batches asked for that are here; a request that cannot be read is refused by throwing. */
function* serveBatches(pool: BatchPool, request: Bytes, onServed: (encoded: Bytes) => void): Generator<Bytes> {
  const decoded = decode(batchRequestSchema, request)
  if (!decoded.ok) throw new Error(decoded.error.code)
  for (const hash of decoded.value.hashes) {
    const encoded = pool.encoded(hash)
    if (!encoded) continue
    onServed(encoded)
    yield encoded
  }
}
