import type { Clock, Timer } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import { confirmedHeight } from '../sync/peer-choice.ts'
import { type BlockTakerOptions, createBlockTaker, type TakenBlock } from './block-taker.ts'
import type { Foundation } from './foundation.ts'
import { createPlanRunner, type PlanRunnerOptions } from './plan-runner.ts'
import { createSyncPeers, type SyncPeers } from './sync-peers.ts'
import { createSyncProgress, type SyncProgress } from './sync-progress.ts'

/**
 * Notices that peers are ahead, and takes their blocks. A claim of height starts nothing but a question, and consensus has a moment to make
 * up for a short lead by itself; it waits from the first certified block on until no peer is ahead.
 */
export interface BlockSync extends Pick<SyncPeers, 'meet' | 'heard' | 'forget' | 'heightOf'> {
  /** Blocks are being taken, and consensus waits. */
  readonly active: boolean
  /** A believed peer is ahead. */
  readonly behind: boolean
  /** How far it has come; undefined while consensus decides. */
  progress(): SyncProgress | undefined
  /** Resolves when no block is being written any more. */
  stop(): Promise<void>
}

export interface BlockSyncOptions
  extends Pick<Foundation, 'store'>,
    Omit<PlanRunnerOptions, 'peers' | 'onTake' | 'onIdle'>,
    Pick<BlockTakerOptions, 'intake' | 'evidencePool' | 'context' | 'protocolVersion' | 'onFinal'> {
  /** So many heights behind, blocks are taken even while consensus comes along slowly. */
  readonly lagBlocks: number
  /** The height was decided by others with a block that is not here: waiting for consensus is of no use. */
  readonly missesDecision: () => boolean
  /** Resolves when consensus leaves the chain alone. */
  readonly onBegin: () => Promise<void>
  /** Consensus may go on. Called after every attempt, fruitful or not. */
  readonly onEnd: () => void
  /** The peer brought blocks that were not here. */
  readonly praise?: (peer: PeerId, deed: 'block-served') => void
}

interface Place {
  readonly height: number
  readonly target: number
}

/** How long consensus may take to make up for a peer's lead. */
const graceMs = 400
const missedDecisionMs = 50
/** Consensus has just got the chain back: should it have come too late for a height by then, it will for the next. */
const settlingMs = 2000
const retryMs = 500
/** Blocks that earn a peer one good deed. */
const blocksPerDeed = 32

export function createBlockSync(options: BlockSyncOptions): BlockSync {
  const { chain, ports, store } = options
  const { clock, telemetry } = ports
  const progress = createSyncProgress(clock)
  const runner = createPlanRunner({
    ...options,
    peers: () => peers,
    onTake: (certified) => taker.push(certified),
    onIdle: () => void rest().catch(fail),
  })
  const taker = createBlockTaker({ ...options, whenDurable: store.whenDurable, onBegin: begin, onTaken, onFailure: fail })
  const peers = createSyncPeers({ clock, network: ports.network, mayAsk: runner.asker.mayAsk })
  let timer: Timer | undefined
  let active = false
  let stopped = false
  const patience = createPatience(clock, options)

  const height = (): number => chain.tip().height
  const target = (): number => Math.max(height(), confirmedHeight(peers.above(height()), height()))
  const place = (): Place => ({ height: height(), target: target() })

  function watch(delayMs: number): void {
    if (timer || runner.running || stopped || !peers.ahead(height())) return
    const before = place()
    timer = clock.schedule(delayMs, () => {
      timer = undefined
      if (patience.isRewarded(before, place())) watch(graceMs)
      else if (peers.above(height()).length === 0) watch(retryMs)
      else runner.start()
    })
  }

  async function begin(): Promise<void> {
    store.hold()
    if (active) return
    active = true
    progress.begin(height())
    telemetry.log('info', 'behind its peers, taking blocks from them', { height: height(), target: target() })
    await options.onBegin()
  }

  function onTaken({ peer, block }: TakenBlock): void {
    const goal = target()
    if (block.header.height % blocksPerDeed === 0 || height() >= goal) options.praise?.(peer, 'block-served')
    const line = progress.reached(height(), goal)
    if (line) tell(telemetry, line)
    runner.step({ type: 'tip', tip: chain.tip() })
  }

  /** What was taken is on disk before anything can be signed upon it. */
  async function rest(): Promise<void> {
    await store.release()
    if (stopped || runner.running) return
    if (active) telemetry.log('info', 'no block left to take', { height: height() })
    const delayMs = active ? missedDecisionMs : retryMs
    if (active) patience.begin()
    active = false
    exportProgress(telemetry, { target: 0, blocksPerSecond: 0 })
    options.onEnd()
    watch(delayMs)
  }

  function fail(error: unknown): void {
    if (!stopped) options.onFailure(error)
  }

  return {
    ...peers,
    get active() {
      return active
    },
    get behind() {
      return peers.ahead(height())
    },
    progress: () => (active ? progress.now(height(), target()) : undefined),
    meet(peer, claimed, serves) {
      peers.meet(peer, claimed, serves)
      watch(graceMs)
    },
    heard(peer, claimed) {
      peers.heard(peer, claimed)
      watch(patience.ms())
    },
    async stop() {
      stopped = true
      runner.stop()
      timer?.cancel()
      await taker.stop()
    },
  }
}

/** How long consensus may take to make up for the lead of peers by itself, and whether it does. */
function createPatience(clock: Clock, { lagBlocks, missesDecision }: Pick<BlockSyncOptions, 'lagBlocks' | 'missesDecision'>) {
  let begunAt = Number.NEGATIVE_INFINITY
  return {
    /** Consensus has the chain back. */
    begin(): void {
      begunAt = clock.monotonic()
    },
    ms: () => (clock.monotonic() - begunAt < settlingMs || missesDecision() ? missedDecisionMs : graceMs),
    isRewarded(before: Place, now: Place): boolean {
      const lag = now.target - now.height
      return now.height > before.height && lag < Math.min(before.target - before.height, lagBlocks)
    },
  }
}

function tell(telemetry: Telemetry, line: SyncProgress): void {
  exportProgress(telemetry, line)
  telemetry.log('info', 'taking blocks from peers', { ...line })
}

function exportProgress(
  telemetry: Telemetry,
  { target, blocksPerSecond }: Pick<SyncProgress, 'target' | 'blocksPerSecond'>,
): void {
  telemetry.gauge('synod_sync_target_height', target)
  telemetry.gauge('synod_sync_blocks_per_second', blocksPerSecond)
}
