/**
 * The Tendermint core: a pure driver of the round machine. It takes inputs one at a time, each with the time at which it came, and
 * answers with effects to be carried out in order. The same inputs at the same times give the same effects, so the log of inputs
 * restores the state after a crash. Spec: docs/spec/consensus.md; arXiv:1807.04938.
 */
import type { Certificate } from '../../chain/certificate.ts'
import type { ConsensusParameters } from '../../chain/chain-spec.ts'
import { type RoundState, stepOnWire } from '../../chain/consensus-message.ts'
import type { ChainId } from '../../chain/identifiers.ts'
import { precommit, prevote } from '../../chain/vote.ts'
import type { Hash } from '../../crypto/hash.ts'
import { assert } from '../../primitives/assert.ts'
import { roundLookAhead, valueKey } from '../vote-tally.ts'
import { certificateFor } from './certify.ts'
import type { Effect, Outbound } from './effect.ts'
import { missingFor, roundStateOf } from './gossip.ts'
import { checksDue, type Height, openHeight } from './height.ts'
import type { Input } from './input.ts'
import { rules, type Step, type Transition } from './machine.ts'
import { isProposalNews, receive } from './receive.ts'
import { resume } from './resume.ts'

export interface Tendermint {
  handle(input: Input, now: number): readonly Effect[]
  /** 0 before the first height. */
  readonly height: number
  readonly round: number
  readonly step: Step
  /** The round in which this node locked a block; absent while it is free to vote as it likes. */
  readonly lockedRound: number | undefined
  /** The block with a precommit quorum, once there is one, even while it is not here, not checked or found invalid here. */
  readonly decidedBlockHash: Hash | undefined
  /** The certificates of prevotes for blocks that this height has seen, made when they are asked for, however much later that is. */
  polkas(): () => readonly Certificate[]
  /** What to tell peers. */
  roundState(): RoundState
  /** What a peer at this height lacks of what is known here: at most 64 messages. */
  missingFor(peer: RoundState): readonly Outbound[]
  /** The index of the proposer of a round of this height; absent beyond the look-ahead, where nobody should spend work on it. */
  proposerOf(round: number): number | undefined
  /** Whether a message, not yet verified, could change anything: what could not is not worth a signature check. */
  isNews(message: Outbound): boolean
  /** After a replay: what is asked and unanswered, the timers that run, and the own messages of the round, to be sent again. */
  resume(now: number): readonly Effect[]
}

/** @param parameters that hold for all heights, or those that hold for the height being started. */
export function createTendermint(parameters: ConsensusParameters | (() => ConsensusParameters), chainId: ChainId): Tendermint {
  let current: Height | undefined

  return {
    handle(input, now) {
      if (input.type === 'start-height') {
        assert(input.height > (current?.start.height ?? 0), 'a height is started once, or its locks would be forgotten')
        const inForce = typeof parameters === 'function' ? parameters() : parameters
        current = openHeight(inForce, chainId, input, now)
        const delayMs = Math.max(0, input.startAt - now)
        const timer: Effect = { type: 'set-timer', timer: { kind: 'start', height: input.height, round: 0 }, delayMs }
        return [{ type: 'persist', input, at: now }, ...advance(current, current.due ? [] : [timer])]
      }
      if (!current || current.decision) return []
      const news = receive(current, input, now)
      return news === undefined ? [] : [{ type: 'persist', input, at: now }, ...advance(current, news)]
    },

    get height() {
      return current?.start.height ?? 0
    },
    get round() {
      return current?.machine.round ?? 0
    },
    get step() {
      return current?.machine.step ?? 'new-height'
    },
    get lockedRound() {
      return current?.machine.locked?.round
    },
    get decidedBlockHash() {
      return current?.tally.blockQuorums(precommit)[0]?.blockHash
    },
    polkas() {
      const height = current
      return () => (height ? polkasOf(height) : [])
    },
    roundState: () => (current ? roundStateOf(current) : beforeFirstHeight),
    missingFor: (peer) => (current ? missingFor(current, peer) : []),
    proposerOf: (round) => (current && round <= current.machine.round + roundLookAhead ? current.proposer(round) : undefined),
    isNews: (message) => current !== undefined && !current.decision && isNews(current, message),
    resume: (now) => (current ? resume(current, now) : []),
  }
}

function polkasOf({ tally, start }: Height): readonly Certificate[] {
  return tally.blockQuorums(prevote).map(({ round, blockHash }) => certificateFor(tally, start, prevote, round, blockHash))
}

const beforeFirstHeight: RoundState = {
  height: 0,
  round: 0,
  step: stepOnWire['new-height'],
  proposal: undefined,
  missingPolka: undefined,
  decided: undefined,
  missingBlock: undefined,
  validRound: undefined,
  prevotes: new Uint8Array(1),
  precommits: new Uint8Array(1),
}

/**
 * The effects of the input itself, then of the rules, applied until none has anything to say. Each application raises a round, a
 * step, a valid round or a verdict, so it ends.
 */
function advance(height: Height, news: readonly Effect[]): readonly Effect[] {
  const effects: Effect[] = [...news, ...checksDue(height)]
  for (let steps = 0; ; steps++) {
    assert(steps < stepsMax, 'the rules do not come to rest')
    const transition = firstTransition(height)
    if (!transition) break
    height.machine = transition.machine
    effects.push(...transition.effects, ...checksDue(height))
  }
  for (const effect of effects) remember(height, effect)
  return effects
}

const stepsMax = 1000

/** For `resume`. Of a kind only the latest is kept: what an earlier round asked for nobody waits for. */
function remember(height: Height, effect: Effect): void {
  if (effect.type === 'decide') height.decision = effect
  if (effect.type === 'sign-proposal') height.unsigned.set('proposal', effect)
  if (effect.type === 'sign-vote') height.unsigned.set(effect.vote.kind === prevote ? 'prevote' : 'precommit', effect)
}

function firstTransition(height: Height): Transition | undefined {
  for (const rule of rules) {
    const transition = rule(height.machine, height)
    if (transition) return transition
  }
  return undefined
}

function isNews(height: Height, message: Outbound): boolean {
  switch (message.type) {
    case 'proposal':
      return isProposalNews(height, message.proposal)
    case 'vote':
      return message.vote.vote.height === height.start.height && height.tally.isNews(message.vote, height.machine.round)
    default: {
      const { certificate } = message
      if (certificate.height !== height.start.height) return false
      const set = height.tally.votes(certificate.kind === precommit ? precommit : prevote, certificate.round)
      return set.quorum === undefined || valueKey(set.quorum.blockHash) !== valueKey(certificate.blockHash)
    }
  }
}
