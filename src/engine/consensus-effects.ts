import type { ProposedBlock } from '../chain/block.ts'
import type { Commit } from '../chain/certificate.ts'
import type { Evidence } from '../chain/evidence.ts'
import type { Effect, Outbound } from '../consensus/tendermint/effect.ts'
import type { Input } from '../consensus/tendermint/input.ts'
import { unreachable } from '../primitives/assert.ts'
import { type BlockWorkOptions, createBlockWork } from './block-work.ts'
import { type ConsensusSigningOptions, createConsensusSigning } from './consensus-signing.ts'
import { createHeightTimers } from './height-timers.ts'

/** The hands of the core: carries out its effects, one after the other, and hands the answers back as inputs. */
export interface ConsensusEffects {
  carryOut(effect: Effect): void
  /** Ends the timers and the waiting of a height that is over. */
  clear(): void
}

export type ConsensusEffectsOptions = BlockWorkOptions &
  ConsensusSigningOptions & {
    readonly broadcast: (message: Outbound) => void
    readonly onAccusation: (evidence: Evidence) => void
    readonly onDecision: (block: ProposedBlock, commit: Commit) => Promise<void>
    readonly onFailure: (error: unknown) => void
    readonly deliver: (input: Input) => void
  }

export function createConsensusEffects(options: ConsensusEffectsOptions): ConsensusEffects {
  const { log, gate, deliver } = options
  const timers = createHeightTimers(options.ports.clock, (timer) => deliver({ type: 'timer-fired', timer }))
  const signing = createConsensusSigning(options)
  const work = createBlockWork(options)

  function inBackground(doing: Promise<void>): void {
    doing.catch(options.onFailure)
  }

  return {
    carryOut(effect) {
      switch (effect.type) {
        case 'persist':
          return log.append(effect.input, effect.at)
        case 'sign-proposal':
          return inBackground(signing.proposal(effect.proposal, effect.block))
        case 'sign-vote':
          return inBackground(signing.vote(effect.vote))
        case 'broadcast':
          return options.broadcast(effect.message)
        case 'set-timer':
          return timers.set(effect.timer, effect.delayMs)
        case 'build-block':
          return inBackground(work.build(effect.height, effect.round))
        case 'check-block':
          return inBackground(work.check(effect.block, effect.blockHash))
        case 'decide':
          return inBackground(options.onDecision(effect.block, effect.commit))
        case 'accuse':
          return options.onAccusation(effect.evidence)
        default:
          return unreachable(effect)
      }
    },
    clear() {
      timers.clear()
      gate.dismiss()
    },
  }
}
