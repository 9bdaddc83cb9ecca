import { encodedBatchHash } from '../chain/batch.ts'
import { batchRequestSchema } from '../chain/batch-message.ts'
import { encode } from '../codec/codec.ts'
import type { Hash } from '../crypto/hash.ts'
import type { PeerId } from '../ports/network.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import { bytesKey, toHex } from '../primitives/bytes.ts'
import type { Rejection } from '../primitives/result.ts'
import type { BatchArrivals } from './batch-arrivals.ts'
import type { KnownBatches } from './known-batches.ts'
import type { MessageTrace } from './message-trace.ts'
import type { Ports } from './ports.ts'
import { createRequestBackoff } from './request-backoff.ts'

/**
 * Asks peers for batches: those that were announced and, a moment later, have not been pushed; and those that a proposal names. Who
 * announces and does not deliver is passed over for the next who announced.
 */
export interface BatchPuller {
  onAnnounced(peer: PeerId, hashes: readonly Hash[]): void
  /** One attempt at what an order names: first of whoever proposed it, then of others in turn. Returns after a pause when some is missing still. */
  pullForOrder(missing: readonly Hash[], from: PeerId | undefined): Promise<void>
  stop(): void
}

/** A push that is on its way arrives within this. */
const announceGraceMs = 150
const pullTimeoutMs = 2000
const pullPauseMs = 200
const pullHashesMax = 64
const announcedMax = 4096
const holdersMax = 4
/** Announcements of one peer that are being followed up: more are forgotten, and pulled when a proposal names them. */
const followedPerPeerMax = 32
const sourcesPerAttempt = 4

export function createBatchPuller(options: {
  ports: Ports
  arrivals: BatchArrivals
  known: Pick<KnownBatches, 'add'>
  trace: MessageTrace
  onRejection: (peer: PeerId, rejection: Rejection) => void
}): BatchPuller {
  const { arrivals, known, onRejection } = options
  const { clock, network, telemetry } = options.ports
  const holders = createBoundedMap<string, PeerId[]>(announcedMax)
  const backoff = createRequestBackoff(clock)
  const followed = new Map<PeerId, number>()
  let attempts = 0
  let stopped = false

  const lacking = (hashes: readonly Hash[]): readonly Hash[] => hashes.filter((hash) => !arrivals.has(hash))
  const pause = (delayMs: number): Promise<void> => new Promise((resume) => clock.schedule(delayMs, resume))

  /** True when all came and were taken in. A peer that fails is not at fault: it may have dropped them. */
  async function pull(peer: PeerId, hashes: readonly Hash[]): Promise<boolean> {
    const wanted = new Set(hashes.map(bytesKey))
    try {
      for await (const encoded of network.request(peer, 'batch', encode(batchRequestSchema, { hashes }), {
        timeoutMs: pullTimeoutMs,
      })) {
        const hash = encodedBatchHash(encoded)
        if (!wanted.has(bytesKey(hash))) {
          onRejection(peer, { code: 'BATCH_UNASKED', detail: toHex(hash) })
          return false
        }
        telemetry.count('synod_batch_bytes_total', encoded.length, { direction: 'in' })
        if (await arrivals.take(encoded, hash, peer, 'pulled')) wanted.delete(bytesKey(hash))
      }
    } catch (error) {
      backoff.failed(peer, error)
      telemetry.log('debug', 'batches could not be pulled', { peer, error: String(error) })
      return false
    }
    return wanted.size === 0
  }

  async function pullAll(peer: PeerId, hashes: readonly Hash[]): Promise<void> {
    for (let start = 0; start < hashes.length && !stopped; start += pullHashesMax) {
      if (!(await pull(peer, hashes.slice(start, start + pullHashesMax)))) return
    }
  }

  /** Asks the first who announced each batch, then the second, and so on. */
  async function followUp(hashes: readonly Hash[]): Promise<void> {
    await pause(announceGraceMs)
    for (let place = 0; place < holdersMax && !stopped; place++) {
      const byHolder = new Map<PeerId, Hash[]>()
      for (const hash of lacking(hashes)) {
        const holder = holders.peek(bytesKey(hash))?.[place]
        if (holder === undefined) continue
        const theirs = byHolder.get(holder)
        if (theirs !== undefined) theirs.push(hash)
        else if (backoff.mayAsk(holder)) byHolder.set(holder, [hash])
      }
      await Promise.all([...byHolder].map(([holder, theirs]) => pullAll(holder, theirs)))
    }
  }

  return {
    onAnnounced(peer, hashes) {
      for (const hash of hashes) known.add(peer, hash)
      const busy = followed.get(peer) ?? 0
      const fresh: Hash[] = []
      for (const hash of lacking(hashes)) {
        const known = holders.get(bytesKey(hash))
        if (known && !known.includes(peer) && known.length < holdersMax) known.push(peer)
        if (known || busy >= followedPerPeerMax) continue
        holders.set(bytesKey(hash), [peer])
        options.trace.note('announced', hash, { peer })
        fresh.push(hash)
      }
      if (fresh.length === 0) return
      followed.set(peer, busy + 1)
      void followUp(fresh).finally(() => {
        const left = (followed.get(peer) ?? 1) - 1
        if (left > 0) followed.set(peer, left)
        else followed.delete(peer)
      })
    },

    async pullForOrder(missing, from) {
      await arrivals.settled(missing)
      const others = network.peers().flatMap(({ id }) => (id === from ? [] : [id]))
      const turn = others.length === 0 ? 0 : attempts++ % others.length
      const inTurn = [...others.slice(turn), ...others.slice(0, turn)]
      const sources = [...(from === undefined ? [] : [from]), ...inTurn].filter(backoff.mayAsk).slice(0, sourcesPerAttempt)
      for (const source of sources) {
        const still = lacking(missing)
        if (still.length === 0 || stopped) return
        await pullAll(source, still)
      }
      if (lacking(missing).length > 0) await pause(pullPauseMs)
    },

    stop() {
      stopped = true
    },
  }
}
