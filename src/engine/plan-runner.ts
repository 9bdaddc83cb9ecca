import { verifyCommit } from '../chain/light-verification.ts'
import type { Timer } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'
import type { Rejection } from '../primitives/result.ts'
import { type BlockPlan, createBlockPlan } from '../sync/block-plan.ts'
import type { Fork, PlanEffect, PlanInput } from '../sync/plan-messages.ts'
import type { TakenBlock } from './block-taker.ts'
import { chosenBlock } from './fork-record.ts'
import type { Foundation } from './foundation.ts'
import { createPeerAsker, type PeerAsker } from './peer-asker.ts'
import type { SyncPeers } from './sync-peers.ts'
import { whenVerifierIsFree } from './verifier-busy.ts'

/** Carries out the plan of `sync/`: asks peers, checks certificates, hands on blocks, and comes back with what came of it. */
export interface PlanRunner {
  readonly running: boolean
  start(): void
  step(input: PlanInput): void
  stop(): void
  readonly asker: PeerAsker
}

export interface PlanRunnerOptions extends Pick<Foundation, 'ports' | 'chain' | 'usefulness' | 'forkRecord'> {
  readonly peers: () => SyncPeers
  readonly onTake: (certified: TakenBlock) => void
  readonly onRejection: (peer: PeerId, rejection: Rejection) => void
  /** Two blocks of one height are certified. */
  readonly onFork: (fork: Fork) => void
  /** The peer's chain is certified and parts from this node's at this height or before. */
  readonly onDivided: (peer: PeerId, height: number) => void
  /** Nothing is left to ask or to take. */
  readonly onIdle: () => void
  readonly onFailure: (error: unknown) => void
}

/** What runs out of time is noticed so much later at most. */
const tickMs = 250

export function createPlanRunner(options: PlanRunnerOptions): PlanRunner {
  const { chain, ports, peers } = options
  const { clock, telemetry } = ports
  let plan: BlockPlan | undefined
  let ticker: Timer | undefined

  const asker = createPeerAsker({
    ports,
    usefulness: options.usefulness,
    height: () => chain.tip().height,
    wanted: () => plan !== undefined,
    onPatience: () => peers().changed(),
    heard: step,
  })

  function step(input: PlanInput): void {
    const current = plan
    if (!current) return
    const candidates = peers().above(chain.tip().height)
    for (const effect of current.handle(input, clock.monotonic(), candidates)) carryOut(effect)
    if (plan !== current) return
    if (current.idle) {
      stop()
      return options.onIdle()
    }
    ticker ??= clock.schedule(tickMs, () => {
      ticker = undefined
      step({ type: 'tick' })
    })
  }

  function carryOut(effect: PlanEffect): void {
    if (effect.type === 'ask') asker.ask(effect.ask, effect.timeoutMs)
    else if (effect.type === 'check') void check(effect).catch(options.onFailure)
    else if (effect.type === 'take') options.onTake(effect)
    else if (effect.type === 'blame') blame(effect.peer, effect.rejection)
    else if (effect.type === 'doubt') peers().doubt(effect.peer)
    else if (effect.type === 'trust') peers().trust(effect.peer)
    else if (effect.type === 'divided') options.onDivided(effect.peer, effect.height)
    else options.onFork(effect.fork)
  }

  async function check({ id, commit, validators }: Extract<PlanEffect, { type: 'check' }>): Promise<void> {
    const asked = plan
    const verify = () => verifyCommit(chain.chainId, commit, validators, ports.verifier.bls)
    const outcome = await whenVerifierIsFree(clock, () => plan === asked, verify)
    if (outcome && plan === asked) step({ type: 'checked', id, outcome })
  }

  function blame(peer: PeerId, rejection: Rejection): void {
    telemetry.count('synod_sync_lies_total', 1, { code: rejection.code })
    options.onRejection(peer, rejection)
  }

  function stop(): void {
    plan = undefined
    ticker?.cancel()
    ticker = undefined
  }

  return {
    get running() {
      return plan !== undefined
    },
    start() {
      plan ??= createBlockPlan(chain.tip(), chosenBlock(options.forkRecord))
      step({ type: 'tick' })
    },
    step,
    stop,
    asker,
  }
}
