/** Everything the core knows while it decides one height. The driver changes it; the rules only read it. */
import type { ConsensusParameters } from '../../chain/chain-spec.ts'
import type { ChainId } from '../../chain/identifiers.ts'
import { precommit, prevote, type SignedVote } from '../../chain/vote.ts'
import type { Hash } from '../../crypto/hash.ts'
import { advance, type ProposerPriorities, proposerAt } from '../proposer.ts'
import { createVoteTally, valueKey } from '../vote-tally.ts'
import { createBlockBook } from './block-book.ts'
import type { Effect } from './effect.ts'
import type { StartHeight } from './input.ts'
import { type Known, type Machine, mayPrevote, newMachine } from './machine.ts'

export interface Height extends Known {
  machine: Machine
  /** The clock has passed `startAt`. */
  due: boolean
  /** There is something to put into a block. */
  hasTransactions: boolean
  /** Rounds whose block this node was asked to build, and has built. */
  readonly built: Set<number>
  /** What this node has asked to be signed and has not got back: the latest of each kind. */
  readonly unsigned: Map<'proposal' | 'prevote' | 'precommit', Effect>
  /** This node's own latest votes, by kind. */
  readonly ownVotes: Map<number, SignedVote>
  decision: (Effect & { readonly type: 'decide' }) | undefined
}

export function openHeight(parameters: ConsensusParameters, chainId: ChainId, start: StartHeight, now: number): Height {
  return {
    parameters,
    chainId,
    start,
    tally: createVoteTally(start.validators),
    book: createBlockBook(),
    proposer: proposerSchedule(start),
    get mayBegin() {
      return this.due && this.hasTransactions
    },
    machine: newMachine,
    due: now >= start.startAt,
    hasTransactions: !start.awaitTransactions,
    built: new Set(),
    unsigned: new Map(),
    ownVotes: new Map(),
    decision: undefined,
  }
}

/** Remembers each round's proposer: rounds rise by small steps, and a turn costs work in the number of validators. */
function proposerSchedule({ validators, priorities }: StartHeight): (round: number) => number {
  const known = new Map<number, number>()
  let reached: { readonly round: number; readonly priorities: ProposerPriorities } = { round: 0, priorities }
  return (round) => {
    const remembered = known.get(round)
    if (remembered !== undefined) return remembered
    const from = round >= reached.round ? reached : { round: 0, priorities }
    const advanced = advance(validators, from.priorities, round - from.round)
    if (round >= reached.round) reached = { round, priorities: advanced }
    const proposer = proposerAt(validators, advanced, 0)
    known.set(round, proposer)
    return proposer
  }
}

/** Whether some quorum of the height is for this block, so that it is needed whoever proposes it. */
export function isWanted(height: Height, blockHash: Hash): boolean {
  const key = valueKey(blockHash)
  return [...height.tally.blockQuorums(precommit), ...height.tally.blockQuorums(prevote)].some(
    (quorum) => valueKey(quorum.blockHash) === key,
  )
}

/**
 * The blocks to be checked now, each asked for once: the round's proposal, unless it gets a nil prevote anyhow, and blocks with a
 * quorum. Proposals for later rounds wait, or their proposers could make us execute what nobody may ever vote on.
 */
export function checksDue(height: Height): readonly Effect[] {
  const { book, machine } = height
  const due: Effect[] = []
  const current = machine.step === 'propose' ? book.proposal(machine.round) : undefined
  const candidate = current && mayPrevote(machine, height, current) ? current.signed.proposal.blockHash : undefined
  for (const { hash, block, verdict } of [...book.blocks()]) {
    if (verdict !== 'unasked') continue
    if (!isWanted(height, hash) && (candidate === undefined || valueKey(candidate) !== valueKey(hash))) continue
    book.setVerdict(hash, 'asked')
    due.push({ type: 'check-block', block, blockHash: hash })
  }
  return due
}
