import type { Hash } from '../crypto/hash.ts'
import type { BatchPool } from '../mempool/batch-pool.ts'
import { saltBytes } from '../mempool/reconciliation/short-id.ts'
import type { PeerId } from '../ports/network.ts'
import { bytesKey } from '../primitives/bytes.ts'
import { ok, type Rejection, type Result, reject } from '../primitives/result.ts'
import { createMempoolComparison } from './mempool-comparison.ts'
import type { Ports } from './ports.ts'

/**
 * When two nodes meet, or meet again, one of them compares the batches that wait in both mempools: what the other lacks is announced to
 * it, what this node lacks is pulled. The traffic follows the difference, not the mempools. Spec: docs/spec/sync.md, "Meeting".
 */
export interface MempoolMeeting {
  /** Compares with a peer that speaks version 2, unless that is being done already. */
  meet(peer: PeerId): void
  stop(): void
}

export function createMempoolMeeting(options: {
  ports: Ports
  pool: Pick<BatchPool, 'open'>
  /** Batches of either set that are compared at most. */
  batchesMax: number
  /** The peer has these batches, and this node lacks them. */
  onLacking: (peer: PeerId, hashes: readonly Hash[]) => void
  /** Tells a peer of batches this node has. */
  announce: (peer: PeerId, hashes: readonly Hash[]) => void
  onRejection: (peer: PeerId, rejection: Rejection) => void
}): MempoolMeeting {
  const { pool, batchesMax, onLacking, announce, onRejection } = options
  const { entropy, network, telemetry } = options.ports
  const comparison = createMempoolComparison(options.ports, () => stopped)
  const meeting = new Set<PeerId>()
  let stopped = false

  /** The difference by a list of all that the peer has. */
  async function list(peer: PeerId, own: readonly Hash[]): Promise<Result<'listed'>> {
    const theirs = new Set<string>()
    const ours = new Set(own.map(bytesKey))
    for await (const answer of comparison.list(peer)) {
      if (!answer.ok) return answer
      for (const hash of answer.value) theirs.add(bytesKey(hash))
      if (theirs.size > batchesMax || answer.value.length === 0) return reject('RECONCILIATION_INVALID', 'a list without an end')
      onLacking(
        peer,
        answer.value.filter((hash) => !ours.has(bytesKey(hash))),
      )
    }
    announce(
      peer,
      own.filter((hash) => !theirs.has(bytesKey(hash))),
    )
    return ok('listed')
  }

  async function reconcile(peer: PeerId, own: readonly Hash[]): Promise<Result<'equal' | 'difference' | 'listed'>> {
    const salt = entropy.bytes(saltBytes)
    // Who has forgotten the comparison, since many compare at once, still gives a list.
    const difference = await comparison.compare(peer, salt, own).catch(() => ok(undefined))
    if (!difference.ok) return difference
    if (!difference.value) return list(peer, own)
    const { theirs, ours } = difference.value
    announce(
      peer,
      ours.map((position) => own[position] as Hash),
    )
    const named = await comparison.names(peer, salt, theirs)
    if (!named.ok) return named
    onLacking(peer, named.value)
    return ok(theirs.length + ours.length === 0 ? 'equal' : 'difference')
  }

  async function run(peer: PeerId): Promise<void> {
    const own = pool.open(batchesMax)
    const isHere = () => !stopped && network.peers().some(({ id }) => id === peer)
    try {
      const outcome = await reconcile(peer, own)
      telemetry.count('synod_reconciliations_total', 1, { result: outcome.ok ? outcome.value : 'failed' })
      if (outcome.ok) return
      onRejection(peer, outcome.error)
    } catch (error) {
      telemetry.count('synod_reconciliations_total', 1, { result: 'failed' })
      telemetry.log('debug', 'mempools could not be compared', { peer, error: String(error) })
    }
    // The way of version 1, by which at least the other hears what it lacks.
    if (isHere()) announce(peer, own)
  }

  return {
    meet(peer) {
      if (meeting.has(peer) || stopped) return
      meeting.add(peer)
      void run(peer).finally(() => meeting.delete(peer))
    },
    stop() {
      stopped = true
    },
  }
}
