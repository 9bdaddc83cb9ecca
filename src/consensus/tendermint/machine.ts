/**
 * The round machine: the rules of arXiv:1807.04938, Algorithm 1, each a pure function of the machine's state and of what is known,
 * which answers with a transition or with `undefined` when its condition does not hold. Line numbers are the paper's. A node without
 * a seat follows the same rules and signs nothing.
 */
import type { ConsensusParameters } from '../../chain/chain-spec.ts'
import type { ChainId } from '../../chain/identifiers.ts'
import { precommit, prevote, type VoteKind } from '../../chain/vote.ts'
import type { Hash } from '../../crypto/hash.ts'
import { assert } from '../../primitives/assert.ts'
import { bytesEqual } from '../../primitives/bytes.ts'
import type { Quorum, VoteTally } from '../vote-tally.ts'
import type { BlockBook, KnownBlock, ReceivedProposal } from './block-book.ts'
import { commitFor } from './certify.ts'
import type { Effect } from './effect.ts'
import type { StartHeight } from './input.ts'
import { isTimely, timeoutMs } from './timeouts.ts'

export type Step = 'new-height' | 'propose' | 'prevote' | 'precommit' | 'decided'

/** The paper's variables, but for the decision, which ends the height. */
export interface Machine {
  readonly round: number
  readonly step: Step
  readonly locked: BlockAt | undefined
  readonly valid: BlockAt | undefined
  /** L34 and L47 fire once a round. */
  readonly prevoteTimer: boolean
  readonly precommitTimer: boolean
}

export interface BlockAt {
  readonly block: Hash
  readonly round: number
}

/** What the rules look at. They change none of it. */
export interface Known {
  readonly parameters: ConsensusParameters
  readonly chainId: ChainId
  readonly start: StartHeight
  readonly tally: VoteTally
  readonly book: BlockBook
  /** The index of a round's proposer. */
  proposer(round: number): number
  /** The start of round 0 is due by the clock, and there is something to propose or empty blocks are made. */
  readonly mayBegin: boolean
}

export interface Transition {
  readonly machine: Machine
  readonly effects: readonly Effect[]
}

export type Rule = (machine: Machine, known: Known) => Transition | undefined

export const newMachine: Machine = {
  round: 0,
  step: 'new-height',
  locked: undefined,
  valid: undefined,
  prevoteTimer: false,
  precommitTimer: false,
}

/** Tried in this order after every input until none applies. A decision goes before everything, and a skip before voting in vain. */
export const rules: readonly Rule[] = [
  decide,
  skipRound,
  begin,
  prevoteProposal,
  polka,
  nilPolka,
  nilPrecommits,
  prevoteWait,
  precommitWait,
]

/** L49–L54: more than two thirds precommitted one block, in whatever round of the height. */
function decide(machine: Machine, known: Known): Transition | undefined {
  if (machine.step === 'decided') return undefined
  for (const { round, blockHash } of known.tally.blockQuorums(precommit)) {
    const decided = blockHash && known.book.block(blockHash)
    if (decided?.verdict !== 'valid') continue
    const commit = commitFor(known.tally, known.start, round, decided.hash)
    return { machine: { ...machine, step: 'decided' }, effects: [{ type: 'decide', block: decided.block, commit }] }
  }
  return undefined
}

/** L55–L56: more than a third are rounds ahead, an honest one among them. */
function skipRound(machine: Machine, known: Known): Transition | undefined {
  if (machine.step === 'decided') return undefined
  const round = known.tally.skipTarget(machine.step === 'new-height' ? -1 : machine.round)
  return round === undefined ? undefined : startRound(machine, known, round)
}

/**
 * L10: the height begins when it is due, or when its first proposer has begun it in time. Nobody is hurried by a proposer who comes
 * too early by its own account or by ours: its proposal waits for the schedule.
 */
function begin(machine: Machine, known: Known): Transition | undefined {
  if (machine.step !== 'new-height') return undefined
  const proposed = known.book.proposal(0)
  const begun = proposed && proposed.signed.block.header.time >= known.start.startAt && isInOrder(known, proposed)
  return known.mayBegin || begun ? startRound(machine, known, 0) : undefined
}

/** L11–L21. Who proposes has the propose timeout too: a block that cannot be built in time must not stop the round. */
function startRound(machine: Machine, known: Known, round: number): Transition {
  assert(machine.step === 'new-height' || round > machine.round, 'rounds only rise')
  const next: Machine = { ...machine, round, step: 'propose', prevoteTimer: false, precommitTimer: false }
  const { height, self } = known.start
  const timer = setTimer(known, 'propose', round)
  if (self === undefined || known.proposer(round) !== self) return { machine: next, effects: [timer] }
  return { machine: next, effects: [timer, propose(known, next) ?? { type: 'build-block', height, round }] }
}

/** L15–L16: a block that had a polka is proposed again, byte for byte. */
function propose(known: Known, { round, valid }: Machine): Effect | undefined {
  const block = valid && known.book.block(valid.block)?.block
  if (!valid || !block) return undefined
  const proposal = { height: known.start.height, round, validRound: valid.round, blockHash: valid.block }
  return { type: 'sign-proposal', proposal, block }
}

/** L22–L33: the vote on the round's proposal. It waits while the block is being checked, or while a re-proposal's polka is missing. */
function prevoteProposal(machine: Machine, known: Known): Transition | undefined {
  if (machine.step !== 'propose') return undefined
  const received = known.book.proposal(machine.round)
  if (!received) return undefined
  const { blockHash, validRound } = received.signed.proposal
  const block = known.book.block(blockHash)
  const polkaRound = validRound !== undefined && validRound < machine.round ? validRound : undefined // L28
  if (polkaRound !== undefined && !isQuorumFor(known.tally.quorum(prevote, polkaRound), blockHash)) return undefined
  if (!mayPrevote(machine, known, received)) return prevoteFor(machine, known, undefined)
  if (!block || block.verdict === 'unasked' || block.verdict === 'asked') return undefined
  return prevoteFor(machine, known, block.verdict === 'valid' ? blockHash : undefined)
}

/** Everything in L23 and L29 but valid(v), which takes time to find out. */
export function mayPrevote(machine: Machine, known: Known, received: ReceivedProposal): boolean {
  const { blockHash, validRound } = received.signed.proposal
  const { locked } = machine
  const unlocked = !locked || bytesEqual(locked.block, blockHash) || (validRound !== undefined && locked.round <= validRound)
  return unlocked && isInOrder(known, received)
}

/** What can be said of a proposed block without executing it. */
function isInOrder(known: Known, { signed, receivedAt }: ReceivedProposal): boolean {
  const { height, previousTime, validators } = known.start
  const { header } = signed.block
  const { round, validRound } = signed.proposal
  if (header.height !== height || header.time <= previousTime || !bytesEqual(header.chainId, known.chainId)) return false
  // A polka vouches for a block's time and first proposer. Whoever checked them again would refuse what others are locked on.
  if (validRound !== undefined) return validRound < round // L28
  const proposer = validators.validators[known.proposer(round)]
  if (!proposer || !bytesEqual(header.proposer, proposer.consensusKey)) return false
  return isTimely(known.parameters, round, header.time, receivedAt)
}

/**
 * L36–L43: a polka for a block that is known and valid makes it the valid block, and locks it if it is this round's and we have not
 * precommitted. A polka of an earlier round, learnt late, also makes its block valid: whoever proposes next should propose it.
 */
function polka(machine: Machine, known: Known): Transition | undefined {
  if (machine.step !== 'prevote' && machine.step !== 'precommit') return undefined // L36
  const newest = newestPolka(machine, known)
  if (!newest) return undefined
  const valid: BlockAt = { block: newest.known.hash, round: newest.round } // L42–L43
  if (machine.step === 'precommit' || newest.round < machine.round) return { machine: { ...machine, valid }, effects: [] }
  const next: Machine = { ...machine, step: 'precommit', locked: valid, valid } // L38–L41
  return { machine: next, effects: vote(known, precommit, machine.round, valid.block) }
}

function newestPolka(machine: Machine, known: Known): { readonly round: number; readonly known: KnownBlock } | undefined {
  let newest: { readonly round: number; readonly known: KnownBlock } | undefined
  for (const { round, blockHash } of known.tally.blockQuorums(prevote)) {
    const block = blockHash && known.book.block(blockHash)
    if (block?.verdict !== 'valid' || round > machine.round) continue
    if (round > (newest?.round ?? machine.valid?.round ?? -1)) newest = { round, known: block }
  }
  return newest
}

/** L44–L46. */
function nilPolka(machine: Machine, known: Known): Transition | undefined {
  if (machine.step !== 'prevote') return undefined
  const quorum = known.tally.quorum(prevote, machine.round)
  return quorum && !quorum.blockHash ? precommitNil(machine, known) : undefined
}

/** Beyond the paper: when more than two thirds precommitted nil, the round cannot decide, and there is nothing to wait for. */
function nilPrecommits(machine: Machine, known: Known): Transition | undefined {
  if (machine.step === 'new-height' || machine.step === 'decided') return undefined
  const quorum = known.tally.quorum(precommit, machine.round)
  return quorum && !quorum.blockHash ? startRound(machine, known, machine.round + 1) : undefined
}

/** L34–L35. */
function prevoteWait(machine: Machine, known: Known): Transition | undefined {
  if (machine.step !== 'prevote' || machine.prevoteTimer || !known.tally.hasAnyQuorum(prevote, machine.round)) return undefined
  return { machine: { ...machine, prevoteTimer: true }, effects: [setTimer(known, 'prevote', machine.round)] }
}

/** L47–L48. */
function precommitWait(machine: Machine, known: Known): Transition | undefined {
  if (machine.step === 'new-height' || machine.step === 'decided' || machine.precommitTimer) return undefined
  if (!known.tally.hasAnyQuorum(precommit, machine.round)) return undefined
  return { machine: { ...machine, precommitTimer: true }, effects: [setTimer(known, 'precommit', machine.round)] }
}

/** L57–L60. */
export function onTimeoutPropose(machine: Machine, known: Known): Transition | undefined {
  return machine.step === 'propose' ? prevoteFor(machine, known, undefined) : undefined
}

/** L61–L64. */
export function onTimeoutPrevote(machine: Machine, known: Known): Transition | undefined {
  return machine.step === 'prevote' ? precommitNil(machine, known) : undefined
}

/** L65–L67. */
export function onTimeoutPrecommit(machine: Machine, known: Known): Transition | undefined {
  return machine.step === 'decided' || machine.step === 'new-height' ? undefined : startRound(machine, known, machine.round + 1)
}

function prevoteFor(machine: Machine, known: Known, blockHash: Hash | undefined): Transition {
  return { machine: { ...machine, step: 'prevote' }, effects: vote(known, prevote, machine.round, blockHash) }
}

function precommitNil(machine: Machine, known: Known): Transition {
  return { machine: { ...machine, step: 'precommit' }, effects: vote(known, precommit, machine.round, undefined) }
}

function vote(known: Known, kind: VoteKind, round: number, blockHash: Hash | undefined): Effect[] {
  if (known.start.self === undefined) return []
  return [{ type: 'sign-vote', vote: { kind, height: known.start.height, round, blockHash } }]
}

/** A timer of the round, by its timeout. */
export function setTimer(known: Known, kind: 'propose' | 'prevote' | 'precommit', round: number): Effect {
  return {
    type: 'set-timer',
    timer: { kind, height: known.start.height, round },
    delayMs: timeoutMs(known.parameters, kind, round),
  }
}

function isQuorumFor(quorum: Quorum | undefined, blockHash: Hash): boolean {
  return quorum?.blockHash !== undefined && bytesEqual(quorum.blockHash, blockHash)
}
