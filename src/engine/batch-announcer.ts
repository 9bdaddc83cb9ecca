import { batchMessageSchema } from '../chain/batch-message.ts'
import { encode } from '../codec/codec.ts'
import type { Hash } from '../crypto/hash.ts'
import type { Timer } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'
import type { KnownBatches } from './known-batches.ts'
import type { Ports } from './ports.ts'

/** Tells peers which batches are here. News gathers for a moment: under load a message for each batch would outnumber the batches. */
export interface BatchAnnouncer {
  /** A batch has come from `from`, who need not be told. */
  add(hash: Hash, from: PeerId): void
  /** Tells one peer of these batches at once. */
  tell(peer: PeerId, hashes: readonly Hash[]): void
  stop(): void
}

/** Nobody waits for an announcement: batches are pushed, and one that a proposal names is pulled without. */
const gatherMs = 100
/** Hashes in one announcement. */
const announcementMax = 256
/** Beyond it the oldest are told first. */
const gatheredMax = 4096

export function createBatchAnnouncer(
  { clock, network }: Pick<Ports, 'clock' | 'network'>,
  known: Pick<KnownBatches, 'add' | 'has'>,
  /** Whether two peers are connected to each other: what came from one of them the other has, or is told of by it. */
  linked: (one: PeerId, other: PeerId) => boolean,
): BatchAnnouncer {
  let gathered: { readonly hash: Hash; readonly from: PeerId }[] = []
  let timer: Timer | undefined

  function tell(peer: PeerId, hashes: readonly Hash[]): void {
    for (let start = 0; start < hashes.length; start += announcementMax) {
      const part = hashes.slice(start, start + announcementMax)
      if (!network.send(peer, 'batches', encode(batchMessageSchema, { type: 'announce', hashes: part }))) return
      for (const hash of part) known.add(peer, hash)
    }
  }

  function tellAll(): void {
    timer?.cancel()
    timer = undefined
    const news = gathered
    gathered = []
    for (const { id } of network.peers()) {
      const lacking = news.filter(({ hash, from }) => from !== id && !linked(from, id) && !known.has(id, hash))
      tell(
        id,
        lacking.map(({ hash }) => hash),
      )
    }
  }

  return {
    add(hash, from) {
      gathered.push({ hash, from })
      if (gathered.length >= gatheredMax) tellAll()
      else timer ??= clock.schedule(gatherMs, tellAll)
    },
    tell,
    stop: () => timer?.cancel(),
  }
}
