import type { DecodedTransaction } from '../application/application.ts'
import { batchSchema } from '../chain/batch.ts'
import { decode } from '../codec/codec.ts'
import type { Hash } from '../crypto/hash.ts'
import type { BatchPool } from '../mempool/batch-pool.ts'
import type { Mempool } from '../mempool/mempool.ts'
import type { PeerId } from '../ports/network.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import { type Bytes, bytesKey } from '../primitives/bytes.ts'
import { ok, type Rejection, type Result, reject } from '../primitives/result.ts'
import type { MessageTrace } from './message-trace.ts'
import type { TransactionIntake } from './transaction-intake.ts'
import type { Usefulness } from './usefulness.ts'

/**
 * Batches from peers on their way into the pool: decoded, every signature checked, the good ones held. Honest nodes pack and serve
 * only what they verified, so one bad transaction condemns its batch, who sent it, and every order that names it.
 */
export interface BatchArrivals {
  /**
   * Takes a batch in, unless it is here or on its way. Resolves when it is held or refused, with false when there was no room for it
   * at the moment. Throws what the verifier throws.
   */
  take(encoded: Bytes, hash: Hash, peer: PeerId, way: 'pushed' | 'pulled'): Promise<boolean>
  /** Held already, or about to be. */
  has(hash: Hash): boolean
  /** Why no block can hold this batch. */
  refusal(hash: Hash): Rejection | undefined
  /** Resolves when those of these batches that are on their way have arrived or failed. */
  settled(hashes: readonly Hash[]): Promise<void>
}

/** Bytes of one peer's batches that are being verified. Counted in bytes: under load there are many, and they are small. */
const arrivingBytesPerPeerMax = 4 << 20
const refusedMax = 4096

export function createBatchArrivals(options: {
  intake: TransactionIntake
  mempool: Pick<Mempool, 'has'>
  pool: BatchPool
  telemetry: Telemetry
  trace: MessageTrace
  usefulness: Usefulness
  height: () => number
  /** The batch is held; `wanted` says that something in it was new. */
  onHeld: (hash: Hash, from: PeerId, wanted: boolean) => void
  /** Transactions whose batches had to make room. */
  onLost: (ids: readonly Hash[]) => void
  onRejection: (peer: PeerId, rejection: Rejection) => void
}): BatchArrivals {
  const { intake, mempool, pool, telemetry } = options
  const refused = createBoundedMap<string, Rejection>(refusedMax)
  const arriving = new Map<string, Promise<void>>()
  const perPeer = new Map<PeerId, number>()

  async function verified(encoded: Bytes): Promise<Result<readonly DecodedTransaction[]>> {
    const batch = decode(batchSchema, encoded)
    if (!batch.ok) return batch
    const transactions: DecodedTransaction[] = []
    const ids = new Set<string>()
    for (const answer of await intake.verify(batch.value.transactions)) {
      if (!answer.ok)
        return reject(answer.error.code === 'TX_SIGNATURE_INVALID' ? 'BATCH_FORGED' : 'BATCH_INVALID', answer.error.code)
      transactions.push(answer.value)
      ids.add(bytesKey(answer.value.id))
    }
    return ids.size === transactions.length ? ok(transactions) : reject('BATCH_INVALID', 'a transaction stands in it twice')
  }

  async function takeIn(encoded: Bytes, hash: Hash, peer: PeerId, kind: 'batches' | 'requests'): Promise<void> {
    const transactions = await verified(encoded)
    if (!transactions.ok) {
      refused.set(bytesKey(hash), transactions.error)
      return options.onRejection(peer, transactions.error)
    }
    for (const { id } of transactions.value) options.trace.noteTransaction('received', id, { peer, within: hash })
    const wanted = intake.admit(transactions.value, peer).some((answer) => answer.ok)
    // A batch of transactions that came in others brings nothing.
    options.usefulness.count(kind, wanted ? 'useful' : 'duplicate', encoded.length)
    const lost = pool.add(
      { hash, encoded, transactions: transactions.value },
      {
        height: options.height(),
        wanted,
        isOpen: mempool.has,
        source: peer,
      },
    )
    if (lost.length > 0) options.onLost(lost)
    options.onHeld(hash, peer, wanted)
  }

  function leave(key: string, peer: PeerId, bytes: number): void {
    arriving.delete(key)
    const left = (perPeer.get(peer) ?? bytes) - bytes
    if (left > 0) perPeer.set(peer, left)
    else perPeer.delete(peer)
  }

  return {
    async take(encoded, hash, peer, way) {
      const key = bytesKey(hash)
      const others = perPeer.get(peer) ?? 0
      const kind = way === 'pushed' ? 'batches' : 'requests'
      if (pool.has(hash) || refused.has(key) || arriving.has(key)) options.usefulness.count(kind, 'duplicate', encoded.length)
      if (pool.has(hash) || refused.has(key)) return true
      if (!arriving.has(key)) {
        if (others >= arrivingBytesPerPeerMax) return false
        telemetry.count('synod_batches_total', 1, { way })
        options.trace.note(way === 'pushed' ? 'received' : 'pulled', hash, { peer })
        perPeer.set(peer, others + encoded.length)
        arriving.set(
          key,
          takeIn(encoded, hash, peer, kind).finally(() => leave(key, peer, encoded.length)),
        )
      }
      await arriving.get(key)
      return true
    },
    has: (hash) => pool.has(hash) || arriving.has(bytesKey(hash)),
    refusal: (hash) => refused.get(bytesKey(hash)),
    async settled(hashes) {
      await Promise.allSettled(hashes.map((hash) => arriving.get(bytesKey(hash))))
    },
  }
}
