import type { DecodedTransaction } from '../application/application.ts'
import { batchSchema, encodedBatchHash } from '../chain/batch.ts'
import { batchMessageSchema, batchRequestSchema } from '../chain/batch-message.ts'
import type { Order } from '../chain/block.ts'
import { decode, encode } from '../codec/codec.ts'
import type { Hash } from '../crypto/hash.ts'
import type { BatchPacker, PackedBatch } from '../mempool/batch-packer.ts'
import type { BatchPool } from '../mempool/batch-pool.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import { type Bytes, toHex } from '../primitives/bytes.ts'
import { ok, type Rejection, type Result, reject } from '../primitives/result.ts'
import type { PeerId } from '../ports/network.ts'
import type { Timer } from '../ports/clock.ts'
import type { Ports } from './ports.ts'
import type { TransactionIntake } from './transaction-intake.ts'

/**
 * Each transaction's bytes cross each node once: the node that took a transaction in packs it with others and pushes the batch to its
 * peers; who has a batch announces its hash; who lacks one that a proposal names, or that was announced and not pushed, pulls it.
 */
export interface BatchExchange {
  /** Takes in transactions from a client of this node. */
  submit(encoded: readonly Bytes[]): Promise<readonly Result<Hash>[]>
  /** Packs what waits now, so that a proposal can name it. */
  flush(): void
  onMessage(peer: PeerId, message: Bytes): void
  /** Encoded batches asked for by a peer. */
  serve(request: Bytes): Generator<Bytes>
  /** The transactions of an order, pulling what is missing, until they are here, the order proves bad, or `wanted` turns false. */
  resolve(order: Order, from: PeerId | undefined, wanted: () => boolean): Promise<Result<readonly DecodedTransaction[]> | undefined>
  stop(): void
}

const packDelayMs = 10
const announceGraceMs = 150
const pullTimeoutMs = 2000
const pullPauseMs = 200
const pullHashesMax = 64
const incomingMax = 256

export function createBatchExchange(options: {
  ports: Ports
  intake: TransactionIntake
  packer: BatchPacker
  pool: BatchPool
  height: () => number
  /** A transaction became ready for a block. */
  onAvailable: () => void
  /** Transactions whose batches had to make room. */
  onLost: (ids: readonly Hash[]) => void
  onRejection: (peer: PeerId, rejection: Rejection) => void
}): BatchExchange {
  const { ports, intake, packer, pool, onRejection } = options
  const { clock, network, telemetry } = ports
  const announced = createBoundedMap<string, PeerId>(4096)
  const refused = createBoundedMap<string, Rejection>(4096)
  const arriving = new Map<string, Promise<void>>()
  let packTimer: Timer | undefined
  let stopped = false

  function pack(): void {
    packTimer?.cancel()
    packTimer = undefined
    for (const batch of packer.flush()) {
      hold(batch, true)
      telemetry.count('synod_batches_total', 1, { way: 'packed' })
      const message = encode(batchMessageSchema, { type: 'push', encoded: batch.encoded })
      for (const peer of network.peers()) {
        if (network.send(peer.id, 'batches', message)) telemetry.count('synod_batch_bytes_total', message.length, { direction: 'out' })
      }
    }
  }

  /** What no batch names any longer no block can hold. */
  function hold(batch: PackedBatch, wanted: boolean): void {
    const lost = pool.add(batch, { height: options.height(), wanted })
    if (lost.length > 0) options.onLost(lost)
  }

  /** Verifies and stores a batch that is not here yet. Several arrivals of one batch share the work. */
  function arrive(encoded: Bytes, hash: Hash, peer: PeerId, way: 'pushed' | 'pulled'): Promise<void> {
    const key = toHex(hash)
    const already = arriving.get(key)
    if (already || pool.has(hash) || arriving.size >= incomingMax) return already ?? Promise.resolve()
    telemetry.count('synod_batches_total', 1, { way })
    const work = takeIn(encoded, hash, peer).finally(() => arriving.delete(key))
    arriving.set(key, work)
    return work
  }

  async function takeIn(encoded: Bytes, hash: Hash, peer: PeerId): Promise<void> {
    const batch = decode(batchSchema, encoded)
    if (!batch.ok) return refuse(hash, peer, batch.error)
    const transactions: DecodedTransaction[] = []
    for (const answer of await intake.verify(batch.value.transactions)) {
      if (!answer.ok) return refuse(hash, peer, { code: 'BATCH_INVALID', detail: answer.error.code })
      transactions.push(answer.value)
    }
    const wanted = intake.admit(transactions, peer).some((answer) => answer.ok)
    hold({ hash, encoded, transactions }, wanted)
    announce(hash, peer)
    if (wanted) options.onAvailable()
  }

  /** Honest nodes pack and serve only what they verified: one bad transaction condemns the batch, and every order that names it. */
  function refuse(hash: Hash, peer: PeerId, rejection: Rejection): void {
    refused.set(toHex(hash), rejection)
    onRejection(peer, rejection)
  }

  function announce(hash: Hash, except: PeerId): void {
    const message = encode(batchMessageSchema, { type: 'announce', hashes: [hash] })
    for (const peer of network.peers()) if (peer.id !== except && announced.get(toHex(hash)) !== peer.id) network.send(peer.id, 'batches', message)
  }

  function onAnnounced(peer: PeerId, hashes: readonly Hash[]): void {
    const lacking = hashes.filter((hash) => !pool.has(hash) && !announced.has(toHex(hash)))
    for (const hash of lacking) announced.set(toHex(hash), peer)
    if (lacking.length === 0) return
    clock.schedule(announceGraceMs, () => {
      const missing = lacking.filter((hash) => !pool.has(hash) && !arriving.has(toHex(hash)))
      if (missing.length > 0 && !stopped) void pull(peer, missing)
    })
  }

  /** Asks one peer for batches; true when all came. A peer that fails is not at fault: it may have dropped them. */
  async function pull(peer: PeerId, hashes: readonly Hash[]): Promise<boolean> {
    const wanted = new Set(hashes.map(toHex))
    const request = encode(batchRequestSchema, { hashes: hashes.slice(0, pullHashesMax) })
    try {
      for await (const encoded of network.request(peer, 'batch', request, { timeoutMs: pullTimeoutMs })) {
        const hash = encodedBatchHash(encoded)
        if (!wanted.delete(toHex(hash))) {
          onRejection(peer, { code: 'BATCH_UNASKED', detail: toHex(hash) })
          return false
        }
        telemetry.count('synod_batch_bytes_total', encoded.length, { direction: 'in' })
        await arrive(encoded, hash, peer, 'pulled')
      }
    } catch {
      return false
    }
    return wanted.size === 0
  }

  async function pullFromSomebody(missing: readonly Hash[], from: PeerId | undefined): Promise<void> {
    await Promise.all(missing.map((hash) => arriving.get(toHex(hash))))
    const lacking = missing.filter((hash) => !pool.has(hash))
    if (lacking.length === 0) return
    const others = network.peers().map((peer) => peer.id)
    const sources = [...(from === undefined ? [] : [from]), ...others.filter((peer) => peer !== from)].slice(0, 4)
    for (const source of sources) if (await pull(source, lacking)) return
    await new Promise<void>((resume) => clock.schedule(pullPauseMs, resume))
  }

  return {
    async submit(encoded) {
      const answers = await intake.verify(encoded)
      const good = answers.flatMap((answer) => (answer.ok ? [answer.value] : []))
      const admitted = intake.admit(good, 'local')
      let next = 0
      const results = answers.map((answer): Result<Hash> => {
        if (!answer.ok) return answer
        const verdict = admitted[next++] as Result<void>
        if (!verdict.ok) return verdict
        packer.add(answer.value)
        return ok(answer.value.id)
      })
      if (packer.full) pack()
      else if (!packer.empty && !packTimer) packTimer = clock.schedule(packDelayMs, pack)
      if (results.some((result) => result.ok)) options.onAvailable()
      return results
    },

    flush: () => {
      if (!packer.empty) pack()
    },

    onMessage(peer, message) {
      const decoded = decode(batchMessageSchema, message)
      if (!decoded.ok) return onRejection(peer, decoded.error)
      if (decoded.value.type === 'announce') return onAnnounced(peer, decoded.value.hashes)
      telemetry.count('synod_batch_bytes_total', message.length, { direction: 'in' })
      const { encoded } = decoded.value
      arrive(encoded, encodedBatchHash(encoded), peer, 'pushed').catch((error) => {
        // The batch can still be pulled when a proposal names it.
        telemetry.log('warn', 'a batch was dropped', { error: String(error) })
      })
    },

    *serve(request) {
      const decoded = decode(batchRequestSchema, request)
      if (!decoded.ok) throw new Error(decoded.error.code)
      for (const hash of decoded.value.hashes) {
        const encoded = pool.encoded(hash)
        if (encoded) yield encoded
      }
    },

    async resolve(order, from, wanted) {
      while (!stopped && wanted()) {
        const bad = order.batches.map((hash) => refused.get(toHex(hash))).find((rejection) => rejection !== undefined)
        if (bad) return reject(bad.code, bad.detail)
        const resolution = pool.resolve(order)
        if (!resolution.ok) return reject(resolution.error.code, resolution.error.detail)
        if ('transactions' in resolution.value) return ok(resolution.value.transactions)
        await pullFromSomebody(resolution.value.missing, from)
      }
      return undefined
    },

    stop() {
      stopped = true
      packTimer?.cancel()
    },
  }
}
