/**
 * Which blocks to ask of whom, and what to believe of the answers: a machine of inputs and effects that knows neither clock nor network.
 * Ranges of headers are certified one after another, their blocks gathered from several peers meanwhile and handed on in order.
 * Spec: docs/spec/sync.md.
 */
import { headersMax } from '../chain/header-message.ts'
import type { ValidatorSet } from '../chain/validator-set.ts'
import type { Hash } from '../crypto/hash.ts'
import { createAskDesk } from './ask-desk.ts'
import { createBodyGather } from './body-gather.ts'
import { askEarly, type EarlyBodies } from './early-bodies.ts'
import { confirmedHeight, type SyncPeer } from './peer-choice.ts'
import type { ChosenBlock, PlanEffect, PlanInput, PlanTip } from './plan-messages.ts'
import { createRangeQuest, type RangeQuest } from './range-quest.ts'

export interface BlockPlan {
  /** Nothing is open: no peer is ahead of what was taken, or none can be believed. A plan that is idle is over. */
  readonly idle: boolean
  /** When to come with a tick if nothing else happens, on the clock of `now`. */
  readonly wakeAt: number
  /** `peers`: those that may be asked now. */
  handle(input: PlanInput, now: number, peers: readonly SyncPeer[]): readonly PlanEffect[]
}

/** Certified blocks that may wait to be gathered while the next range is asked for. */
const aheadMax = 3 * headersMax
/** So many blocks are asked for before their headers are certified. */
const earlyMax = 4

/** Where the certified part ends. */
interface CertifiedEnd {
  readonly height: number
  readonly hash: Hash
  /** Who decides the next block; known once the block at a change of validators was executed. */
  readonly validators: ValidatorSet | undefined
}

export function createBlockPlan(start: PlanTip, chosen?: ChosenBlock): BlockPlan {
  const desk = createAskDesk()
  const gather = createBodyGather(desk, start.height)
  let tip = start
  let end: CertifiedEnd = start
  let quest: RangeQuest | undefined
  let early: EarlyBodies | undefined
  let halted = false

  function take(input: PlanInput): void {
    if (input.type === 'answered') desk.answered(input.ask, input.answer)
    else if (input.type === 'ended') desk.ended(input.ask, input.how)
    else if (input.type === 'checked') desk.checked(input.id, input.outcome)
    else if (input.type === 'malformed') {
      const { ask, rejection } = input
      desk.effect({ type: 'blame', peer: ask.peer, rejection })
      desk.ended(ask.id, 'broken')
    } else if (input.type === 'tip') advance(input.tip)
  }

  /** Consensus may have been quicker than the plan. */
  function advance(next: PlanTip): void {
    tip = next
    gather.executed(tip.height)
    if (tip.height < end.height || (tip.height === end.height && end.validators)) return
    if (tip.height > end.height) {
      quest?.drop()
      quest = undefined
      early?.end()
      early = undefined
    }
    end = tip
  }

  function settle(): void {
    const range = quest?.found
    if (!quest || quest.state === 'asking') return
    quest = undefined
    const bodies = early?.end() ?? []
    early = undefined
    if (!range) return
    gather.add(range)
    for (const body of bodies) gather.offer(body)
    const height = range.commit.height
    end = { height, hash: range.commit.blockHash, validators: range.changesSet ? undefined : end.validators }
    if (height <= tip.height) advance(tip)
  }

  /** A range at a time, and not in the same breath in which one failed: whom to believe is decided outside. */
  function seek(): void {
    if (quest || !end.validators || end.height - tip.height > aheadMax) return
    const goal = confirmedHeight(desk.peers, end.height)
    if (goal <= end.height) return
    const to = Math.min(goal, end.height + headersMax)
    const from = end.height + 1
    quest = createRangeQuest({ from, to, previousHash: end.hash, validators: end.validators, chosen }, desk)
    if (to - end.height <= earlyMax && end.height === tip.height) early = askEarly(desk, { from, count: to - end.height })
  }

  function halt(): void {
    halted = true
    desk.clear()
    quest = undefined
  }

  return {
    get idle() {
      return halted || (quest === undefined && desk.open === 0 && tip.height >= gather.taken)
    },
    get wakeAt() {
      return desk.nextDeadline()
    },
    handle(input, now, peers) {
      if (halted) return []
      desk.begin(now, peers)
      take(input)
      desk.expire()
      const failed = quest?.state === 'failed'
      settle()
      if (!failed) seek()
      settle()
      gather.assign()
      const effects = desk.flush()
      if (effects.some(({ type }) => type === 'fork')) halt()
      return effects
    },
  }
}
