import { decode, encode } from '../codec/codec.ts'
import type { BatchPool } from '../mempool/batch-pool.ts'
import { batchHashesSchema, mempoolRequestSchema, namesPerMessageMax } from '../mempool/reconciliation/reconciliation-message.ts'
import { createResponder } from '../mempool/reconciliation/responder.ts'
import { refusal, refusalUntil } from '../peers/refusal.ts'
import type { Clock } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { type TokenBucket, takeTokens, tokenBucketPolicy } from '../primitives/token-bucket.ts'
import { requestRejected } from './request-rejection.ts'

/** Answers `mempool` requests: the other side of `MempoolMeeting`. */
export interface MempoolServer {
  /** Throws when the request cannot be read, belongs to no comparison under way, or comes too often: it is refused. */
  serve(peer: PeerId, request: Bytes): AsyncGenerator<Bytes>
  forget(peer: PeerId): void
}

/** Comparisons and lists of one peer. Peers compare when they meet; making a comparison costs a hash for each open batch. */
const beginnings = tokenBucketPolicy(1, 2000, 8)

export function createMempoolServer(options: { clock: Clock; pool: Pick<BatchPool, 'open'>; batchesMax: number }): MempoolServer {
  const { clock, pool, batchesMax } = options
  const responder = createResponder(() => pool.open(batchesMax))
  const begun = new Map<PeerId, TokenBucket>()

  /** Others have their turn between two steps. */
  const turn = () => new Promise<void>((resume) => clock.schedule(0, resume))

  /** Throws when it comes too often. */
  function begin(peer: PeerId): void {
    const taken = takeTokens(beginnings, begun.get(peer) ?? 0, clock.monotonic())
    begun.set(peer, taken.bucket)
    if (!taken.conforms) throw refusalUntil('PEER_OVER_BUDGET', taken.retryMs)
  }

  return {
    async *serve(peer, request) {
      const decoded = decode(mempoolRequestSchema, request)
      if (!decoded.ok) throw requestRejected(decoded.error)
      const asked = decoded.value
      const begins = asked.type === 'open' || (asked.type === 'symbols' && asked.first === 0)
      if (begins) begin(peer)
      if (asked.type === 'open') {
        const hashes = pool.open(batchesMax)
        for (let start = 0; start < hashes.length; start += namesPerMessageMax) {
          yield encode(batchHashesSchema, { hashes: hashes.slice(start, start + namesPerMessageMax) })
        }
        return
      }
      if (begins) for (const _ of responder.begin(peer, asked.salt)) await turn()
      const answer = responder.answer(peer, asked)
      if (!answer) throw refusal('REQUEST_NOT_FOUND', 'no comparison of this salt is under way')
      yield answer
    },
    forget(peer) {
      responder.forget(peer)
      begun.delete(peer)
    },
  }
}
