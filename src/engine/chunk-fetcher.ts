import type { PathEntry } from '../application/state-tree/update.ts'
import type { Clock } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import type { Rejection } from '../primitives/result.ts'
import { chunkBounds } from '../sync/path-division.ts'
import type { RequestBackoff } from './request-backoff.ts'
import type { SnapshotClient } from './snapshot-client.ts'
import type { StateImport } from './state-import.ts'

/**
 * Fetches what is lacking of a snapshot from all who offer it, at once. What a peer sends is proved before anything else is done with
 * it. Who lies is not asked again, who is slow or silent gets fewer chunks by itself, and its chunk goes to another.
 */
export interface FetchOptions {
  readonly clock: Clock
  readonly client: SnapshotClient
  readonly backoff: RequestBackoff
  readonly target: StateImport
  /** Who offers the snapshot at this moment. */
  readonly sources: () => readonly PeerId[]
  /** Asks again who does. */
  readonly look: () => Promise<void>
  readonly onRejection: (peer: PeerId, rejection: Rejection) => void
  /** The peer has not what it offered, or does not answer. */
  readonly onFailure: (peer: PeerId, error: unknown) => void
  /** The peer brought a chunk to its end. */
  readonly onChunk: (peer: PeerId) => void
  readonly onProgress: (done: number, all: number) => void
  readonly isStopped: () => boolean
}

/** Chunks under way with one peer: the next is on its way while one is being proved. */
const lanesPerPeer = 2
/** How long to wait for anybody who has the snapshot, before it is given up. */
const patienceMs = 30_000
const lookMs = 250
const askAgainMs = 5_000
/** A chunk that is longer than one answer is fetched by several. */
const rangesMax = 100_000

/** Resolves with true when every chunk is there, with false when nobody has the rest. */
export async function fetchChunks(options: FetchOptions): Promise<boolean> {
  const { clock, target, sources, isStopped } = options
  const all = 2 ** target.depth
  const waiting = Array.from({ length: all }, (_, chunk) => chunk).filter((chunk) => !target.has(chunk))
  const busy = new Map<PeerId, number>()
  let lastProgress = clock.monotonic()
  let fault: { readonly error: unknown } | undefined
  /** Writes to the import, one at a time. */
  let adding: Promise<void> = Promise.resolve()

  function add(chunk: number, entries: readonly PathEntry[], last: boolean): Promise<void> {
    adding = adding.then(() => target.add(chunk, entries, last))
    return adding
  }

  async function run(peer: PeerId, chunk: number): Promise<void> {
    busy.set(peer, (busy.get(peer) ?? 0) + 1)
    const done = await fetchChunk(options, peer, chunk, add).catch((error: unknown) => {
      fault = { error }
      return false
    })
    busy.set(peer, (busy.get(peer) as number) - 1)
    if (!done) return void waiting.push(chunk)
    lastProgress = clock.monotonic()
    options.onChunk(peer)
    options.onProgress(target.done, all)
  }

  const running = new Set<Promise<void>>()
  let askedAt = clock.monotonic()
  while (target.done < all && !isStopped() && !fault) {
    if (clock.monotonic() - askedAt > askAgainMs) {
      askedAt = clock.monotonic()
      options.look().catch((error: unknown) => {
        fault = { error }
      })
    }
    for (const peer of sources()) {
      for (let lane = busy.get(peer) ?? 0; lane < lanesPerPeer && waiting.length > 0 && options.backoff.mayAsk(peer); lane++) {
        const work = run(peer, waiting.shift() as number).finally(() => running.delete(work))
        running.add(work)
      }
    }
    if (clock.monotonic() - lastProgress > patienceMs && running.size === 0) return false
    await Promise.race([...running, pause(clock)])
  }
  await Promise.all(running)
  if (fault) throw fault.error
  return target.done === all
}

/** False when the peer did not bring the chunk to its end; what it did bring is proved, and stays. */
async function fetchChunk(
  { client, target, onRejection, onFailure, backoff }: FetchOptions,
  peer: PeerId,
  chunk: number,
  add: (chunk: number, entries: readonly PathEntry[], last: boolean) => Promise<void>,
): Promise<boolean> {
  const { until, ...bounds } = chunkBounds(target.depth, chunk)
  let { from } = bounds
  for (let ranges = 0; ranges < rangesMax; ranges++) {
    const answer = await client.range(peer, { height: target.height, root: target.root, from, until }).catch((error: unknown) => {
      if (!backoff.failed(peer, error)) onFailure(peer, error)
      return undefined
    })
    if (!answer) return false
    if (!answer.ok) {
      onRejection(peer, answer.error)
      return false
    }
    if (!answer.value) {
      onFailure(peer, 'it does not have what it offers')
      return false
    }
    const { entries, to } = answer.value
    const last = to === undefined || (until !== undefined && bytesEqual(to, until))
    await add(chunk, entries, last)
    if (last) return true
    from = to
  }
  return false
}

function pause(clock: Clock): Promise<void> {
  return new Promise((resume) => void clock.schedule(lookMs, resume))
}
