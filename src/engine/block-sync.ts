import type { Timer } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'
import type { Rejection } from '../primitives/result.ts'
import { type BlockFollowerOptions, createBlockFollower } from './block-follower.ts'
import { createPeerHeights } from './peer-heights.ts'

/**
 * Notices that peers are ahead, and decides whose blocks to take. A claim of height starts nothing but a question, and consensus has a
 * moment to make up for a lead by itself.
 */
export interface BlockSync {
  /** Blocks are being taken, and consensus waits. */
  readonly active: boolean
  /** A believed peer is ahead. */
  readonly behind: boolean
  meet(peer: PeerId, height: number): void
  /** A peer says that its latest final block has this height. */
  heard(peer: PeerId, height: number): void
  forget(peer: PeerId): void
  heightOf(peer: PeerId): number
  /** Resolves when no block is being written any more. */
  stop(): Promise<void>
}

export interface BlockSyncOptions extends BlockFollowerOptions {
  /** The height was decided by others with a block that is not here: waiting for consensus is of no use. */
  readonly missesDecision: () => boolean
  readonly onRejection: (peer: PeerId, rejection: Rejection) => void
  /** The peer brought blocks that were not here. */
  readonly praise?: (peer: PeerId, deed: 'block-served') => void
  readonly onFailure: (error: unknown) => void
}

/** How long consensus may take to make up for a peer's lead. */
const graceMs = 400
const missedDecisionMs = 50
const retryMs = 500
/** Blocks asked for at once. */
const countMax = 64

export function createBlockSync(options: BlockSyncOptions): BlockSync {
  const { chain } = options
  const { clock } = options.ports
  const heights = createPeerHeights(clock)
  const follower = createBlockFollower(options)
  let timer: Timer | undefined
  let asking = false
  let stopped = false

  const leaders = (): readonly PeerId[] => heights.above(chain.tip().height)
  const nextToAsk = (): PeerId | undefined => leaders().find(follower.mayAsk)

  function watch(delayMs: number): void {
    if (timer || asking || stopped || leaders().length === 0) return
    const { height } = chain.tip()
    timer = clock.schedule(delayMs, () => {
      timer = undefined
      if (chain.tip().height > height) return watch(graceMs)
      catchUp().catch(options.onFailure)
    })
  }

  async function catchUp(): Promise<void> {
    asking = true
    for (let peer = nextToAsk(); peer !== undefined && !stopped; peer = nextToAsk()) await takeFrom(peer)
    asking = false
    if (stopped) return
    follower.release()
    watch(retryMs)
  }

  /** Who claims more than it delivers is not asked again soon, and nothing waits for it. */
  async function takeFrom(peer: PeerId): Promise<void> {
    const { height } = chain.tip()
    const owed = Math.min(heights.of(peer), height + countMax)
    const outcome = await follower.follow(peer, height + 1, countMax)
    if (!outcome.ok) options.onRejection(peer, outcome.error)
    if (chain.tip().height > height) options.praise?.(peer, 'block-served')
    if (chain.tip().height >= owed) return heights.trust(peer)
    if (!follower.mayAsk(peer)) return
    heights.doubt(peer)
    if (chain.tip().height === height) follower.release()
  }

  return {
    get active() {
      return follower.active
    },
    get behind() {
      return leaders().length > 0
    },
    meet(peer, height) {
      heights.meet(peer, height)
      watch(graceMs)
    },
    heard(peer, height) {
      heights.heard(peer, height)
      watch(options.missesDecision() ? missedDecisionMs : graceMs)
    },
    forget: heights.forget,
    heightOf: heights.of,
    stop() {
      stopped = true
      timer?.cancel()
      return follower.stop()
    },
  }
}
