/**
 * What each input changes in the height, before the rules are applied. A handler answers with its immediate effects, or with
 * `undefined` when the input brings nothing new, which then leaves no trace in the log.
 */

import type { Certificate } from '../../chain/certificate.ts'
import { type Evidence, orderedEvidence } from '../../chain/evidence.ts'
import { blockHash } from '../../chain/header.ts'
import type { SignedProposal } from '../../chain/proposal.ts'
import { prevote, type SignedVote, type VoteKind } from '../../chain/vote.ts'
import { assert, unreachable } from '../../primitives/assert.ts'
import { roundLookAhead } from '../vote-tally.ts'
import { certificateFor } from './certify.ts'
import type { Effect } from './effect.ts'
import { type Height, isWanted } from './height.ts'
import type { ConsensusTimer, Input, StartHeight } from './input.ts'
import { onTimeoutPrecommit, onTimeoutPrevote, onTimeoutPropose, type Transition } from './machine.ts'

type News = readonly Effect[] | undefined

export function receive(height: Height, input: Exclude<Input, StartHeight>, now: number): News {
  switch (input.type) {
    case 'transactions-available':
      return onTransactions(height)
    case 'proposal':
      return onProposal(height, input.proposal, now)
    case 'vote':
      return onVote(height, input.vote)
    case 'certificate':
      return onCertificate(height, input.certificate)
    case 'block-built':
      return onBlockBuilt(height, input)
    case 'block-checked':
      return height.book.setVerdict(input.blockHash, input.valid ? 'valid' : 'invalid') ? [] : undefined
    case 'proposal-signed':
      return onProposalSigned(height, input.proposal, now)
    case 'vote-signed':
      return onVoteSigned(height, input.vote)
    case 'timer-fired':
      return onTimer(height, input.timer)
    default:
      return unreachable(input)
  }
}

function onTransactions(height: Height): News {
  if (height.hasTransactions || height.machine.step !== 'new-height') return undefined
  height.hasTransactions = true
  return []
}

function onProposal(height: Height, signed: SignedProposal, now: number): News {
  if (!isProposalNews(height, signed)) return undefined
  return height.book.add(signed, now, isWanted(height, signed.proposal.blockHash)) ? [] : undefined
}

/** Whether a proposal, verified or not, could matter. */
export function isProposalNews(height: Height, { proposal }: SignedProposal): boolean {
  if (proposal.height !== height.start.height || proposal.round > height.machine.round + roundLookAhead) return false
  if (!height.book.proposal(proposal.round)) return true
  return isWanted(height, proposal.blockHash) && !height.book.block(proposal.blockHash)
}

function onVote(height: Height, vote: SignedVote): News {
  if (vote.vote.height !== height.start.height) return undefined
  const outcome = height.tally.addVote(vote, height.machine.round)
  switch (outcome.type) {
    case 'counted':
      return outcome.completesQuorum ? certify(height, vote) : []
    case 'noted':
      return []
    case 'known':
      return undefined
    case 'conflict':
      return [{ type: 'accuse', evidence: duplicateVote(height, outcome.earlier, vote) }]
    default:
      return unreachable(outcome)
  }
}

/**
 * Whoever sees a quorum first spares the others from waiting for each vote of it. Not in round 0: while all goes well everybody hears
 * the votes themselves, and a certificate from each would be checked for nothing; who still lacks it gets it by gossip.
 */
function certify({ tally, start }: Height, { vote: { kind, round, blockHash } }: SignedVote): readonly Effect[] {
  if (round === 0) return []
  const certificate = certificateFor(tally, start, kind as VoteKind, round, blockHash)
  return [{ type: 'broadcast', message: { type: 'certificate', certificate } }]
}

function duplicateVote({ start }: Height, earlier: SignedVote, later: SignedVote): Evidence {
  const validator = start.validators.validators[later.validator]
  assert(validator, 'a verified vote is of a validator')
  return orderedEvidence(validator.consensusKey, earlier, later)
}

function onCertificate(height: Height, certificate: Certificate): News {
  if (certificate.height !== height.start.height) return undefined
  return height.tally.addCertificate(certificate) ? [] : undefined
}

/** A block that comes after its round is over is of no use: its time is of then. */
function onBlockBuilt(height: Height, { round, block }: Input & { readonly type: 'block-built' }): News {
  const { machine, built, start } = height
  if (round !== machine.round || machine.step === 'new-height' || built.has(round) || height.book.proposal(round))
    return undefined
  if (start.self === undefined || height.proposer(round) !== start.self) return undefined
  built.add(round)
  const proposal = { height: start.height, round, validRound: undefined, blockHash: blockHash(block.header) }
  return [{ type: 'sign-proposal', proposal, block }]
}

function onProposalSigned(height: Height, signed: SignedProposal, now: number): News {
  if (signed.proposal.height !== height.start.height) return undefined
  height.unsigned.delete('proposal')
  if (!height.book.add(signed, now, true)) return undefined
  return [...polkaOf(height, signed), { type: 'broadcast', message: { type: 'proposal', proposal: signed } }]
}

/** L28: nobody can judge a re-proposal without the polka it names, so the polka travels ahead of it. */
function polkaOf({ tally, start }: Height, { proposal: { validRound, blockHash } }: SignedProposal): readonly Effect[] {
  if (validRound === undefined) return []
  const certificate = certificateFor(tally, start, prevote, validRound, blockHash)
  return [{ type: 'broadcast', message: { type: 'certificate', certificate } }]
}

function onVoteSigned(height: Height, vote: SignedVote): News {
  const { kind } = vote.vote
  const effects = onVote(height, vote)
  if (effects === undefined) return undefined
  height.unsigned.delete(kind === prevote ? 'prevote' : 'precommit')
  height.ownVotes.set(kind, vote)
  return [{ type: 'broadcast', message: { type: 'vote', vote } }, ...effects]
}

function onTimer(height: Height, timer: ConsensusTimer): News {
  const { machine, start } = height
  if (timer.height !== start.height) return undefined
  if (timer.kind === 'start') {
    if (height.due || machine.step !== 'new-height') return undefined
    height.due = true
    return []
  }
  if (timer.round !== machine.round) return undefined
  const transition = onTimeout(timer.kind, height)
  if (!transition) return undefined
  height.machine = transition.machine
  return transition.effects
}

function onTimeout(kind: 'propose' | 'prevote' | 'precommit', height: Height): Transition | undefined {
  if (kind === 'propose') return onTimeoutPropose(height.machine, height)
  if (kind === 'prevote') return onTimeoutPrevote(height.machine, height)
  return onTimeoutPrecommit(height.machine, height)
}
