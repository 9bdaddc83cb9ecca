import { slotHash } from '../application/state-tree/outline.ts'
import { type ChainSpec, parametersHash } from '../chain/chain-spec.ts'
import type { Hash } from '../crypto/hash.ts'
import type { ConsistentBlock } from '../light/light-block.ts'
import type { PeerId } from '../ports/network.ts'
import type { Store } from '../ports/store.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import type { Rejection, Result } from '../primitives/result.ts'
import { chunkBounds, depthFor } from '../sync/path-division.ts'
import type { FinalBlock } from './block-store.ts'
import type { Chain } from './chain.ts'
import { fetchChunks } from './chunk-fetcher.ts'
import type { Ports } from './ports.ts'
import { createSnapshotSources, type SnapshotSources } from './snapshot-sources.ts'
import { beginImport, dropImport, resumeImport, type StateImport } from './state-import.ts'

/**
 * Begins with the state after a recent block instead of executing all blocks since the genesis. The block is trusted through the light
 * client; every part of the state is proved against the root in its header. While it is under way the node's own chain stands still.
 * Spec: docs/spec/state-sync.md.
 */
export interface StateSync {
  /** The chain is not to be touched by anybody else. */
  readonly active: boolean
  /** Decides whether there is anything to do, and does it. Resolves when the node's chain is its own again. */
  run(): Promise<void>
  stop(): Promise<void>
}

export interface StateSyncOptions {
  readonly ports: Ports
  readonly chain: Chain
  readonly store: Store
  readonly spec: ChainSpec
  /** A node that has blocks begins anew only where it is so many behind. */
  readonly lagBlocksMin: number
  /** How long to look for anybody who offers a snapshot. */
  readonly patienceMs: number
  /** Whether a peer answers requests for snapshots. */
  readonly serves: (peer: PeerId) => boolean
  readonly verifiedHeader: (height: number) => Promise<Result<ConsistentBlock>>
  readonly onRejection: (peer: PeerId, rejection: Rejection) => void
  /** Called before anything is fetched. Resolves when nobody else touches the chain. */
  readonly onBegin: () => Promise<void>
  /** The chain may be touched again. */
  readonly onEnd: () => void
}

const lookMs = 500
/** Snapshots tried before all blocks are executed instead. */
const attemptsMax = 5

export function createStateSync(options: StateSyncOptions): StateSync {
  const { ports, chain, store } = options
  const { clock, telemetry } = ports
  const sources = createSnapshotSources(options)
  const { client } = sources
  let active = true
  let stopped = false
  let running: Promise<void> = Promise.resolve()

  async function fetch(target: StateImport, trusted: ConsistentBlock): Promise<boolean> {
    const { height } = target
    const offering = () => sources.offering(height)
    telemetry.log('info', 'fetching the state of a block', { height, chunks: 2 ** target.depth, done: target.done })
    await takeOwn(chain, target, sources)
    const complete = await fetchChunks({
      clock,
      client,
      backoff: sources.backoff,
      target,
      sources: offering,
      look: sources.look,
      onRejection: sources.lied,
      onFailure: sources.failed,
      onChunk: sources.kept,
      onProgress: (done, all) => reportProgress(ports, done, all),
      isStopped: () => stopped,
    })
    if (!complete || stopped) return false
    // Every part was proved, so this is damage of ours.
    if (!bytesEqual(target.fetched().tree.root, target.root)) {
      await dropImport(store)
      return false
    }
    const final = await fetchBlock(sources, trusted)
    if (!final) return false
    await chain.adopt(final, target.fetched(), target.ending)
    await target.dropBefore()
    return true
  }

  /** Where an earlier run left off, if its block can still be believed; else from the beginning. */
  async function attempt(): Promise<boolean> {
    sources.forgive()
    const left = resumeImport(store)
    const known = left && (await options.verifiedHeader(left.height))
    if (left && known?.ok && bytesEqual(known.value.header.appHash, left.root)) {
      await sources.look()
      if (sources.offering(left.height).length > 0) return fetch(left, requireOwnParameters(options.spec, known.value))
    }
    const chosen = await choose(options, sources)
    if (!chosen) return false
    const { height, appHash } = requireOwnParameters(options.spec, chosen.trusted).header
    await dropImport(store)
    const target = beginImport(store, { height, root: appHash as Hash, depth: depthFor(chosen.entries) }, chain.state.nextPage)
    return fetch(target, chosen.trusted)
  }

  async function work(): Promise<void> {
    const { height } = chain.tip()
    const deadline = clock.monotonic() + options.patienceMs
    await options.onBegin()
    for (let attempts = 0; !stopped && attempts < attemptsMax; ) {
      if (await attempt()) return telemetry.log('info', 'the state is there', { height: chain.tip().height })
      if (stopped) return
      if (sources.heights().length > 0) attempts++
      if (clock.monotonic() > deadline && chain.tip().height === height && !resumeImport(store)) break
      await new Promise<void>((resume) => void clock.schedule(lookMs, resume))
    }
    if (!stopped) telemetry.log('warn', 'nobody offers a snapshot that can be believed: executing all blocks', { height })
  }

  return {
    get active() {
      return active
    },
    run() {
      running = work().finally(() => {
        active = false
        if (!stopped) options.onEnd()
      })
      return running
    },
    async stop() {
      stopped = true
      await running.catch(() => undefined)
    },
  }
}

/** What the header promises beside the state: the rules it was made by must be those of this node. */
export function requireOwnParameters(spec: ChainSpec, trusted: ConsistentBlock): ConsistentBlock {
  const { header } = trusted
  if (bytesEqual(header.parametersHash, parametersHash(spec))) return trusted
  const message = `The block of height ${header.height} was made by other parameters than this node's.`
  throw new OperationalError('SNAPSHOT_FOREIGN_PARAMETERS', message)
}

/** The newest snapshot that can be believed, those first that most peers offer. */
async function choose(
  { ports, chain, lagBlocksMin, verifiedHeader }: StateSyncOptions,
  sources: SnapshotSources,
): Promise<{ readonly trusted: ConsistentBlock; readonly entries: number } | undefined> {
  await sources.look()
  const { height } = chain.tip()
  const least = height === 0 ? 1 : height + lagBlocksMin
  for (const candidate of sources.heights().slice(0, attemptsMax)) {
    if (candidate.height < least) continue
    const trusted = await verifiedHeader(candidate.height)
    if (trusted.ok) return { trusted: trusted.value, entries: candidate.entries }
    const { code } = trusted.error
    ports.telemetry.log('info', 'a snapshot is offered whose block cannot be trusted', { height: candidate.height, code })
  }
  return undefined
}

/** Chunks in which the state that is wanted does not differ from the one that is here are taken from that. */
async function takeOwn({ state }: Chain, target: StateImport, sources: SnapshotSources): Promise<void> {
  const [peer] = sources.offering(target.height)
  if (target.depth === 0 || peer === undefined || state.keys === 0) return
  const wanted = await sources.client.outline(peer, target.height, target.root, target.depth).catch(() => undefined)
  if (wanted && !wanted.ok) sources.lied(peer, wanted.error)
  if (!wanted?.ok || !wanted.value) return
  const own = state.outline(target.depth).slots.map(slotHash)
  for (const [chunk, hash] of wanted.value.entries()) {
    if (target.has(chunk) || !bytesEqual(hash, own[chunk] as Uint8Array)) continue
    const { from, until } = chunkBounds(target.depth, chunk)
    const { entries } = state.proveRange(from, Number.POSITIVE_INFINITY, undefined, until)
    await target.add(chunk, entries, true)
  }
}

async function fetchBlock(sources: SnapshotSources, trusted: ConsistentBlock): Promise<FinalBlock | undefined> {
  for (const peer of sources.offering(trusted.header.height)) {
    const final = await sources.client.block(peer, trusted).catch((error: unknown) => sources.failed(peer, error))
    if (final && !final.ok) sources.lied(peer, final.error)
    if (final?.ok && final.value) return final.value
  }
  return undefined
}

function reportProgress({ telemetry }: Ports, done: number, all: number): void {
  telemetry.gauge('synod_state_sync_chunks', done, { which: 'fetched' })
  telemetry.gauge('synod_state_sync_chunks', all, { which: 'all' })
  const step = Math.max(1, Math.floor(all / 10))
  if (done % step === 0) telemetry.log('info', 'fetching the state', { done, of: all })
}
