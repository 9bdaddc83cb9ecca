/**
 * What a node does after replaying its log. The log holds every input that changed the state, so the state is as it was; what it
 * does not hold is the answers that never came, the timers, which died with the process, and whether anything sent has arrived.
 *
 * Asking again is safe: a vote or proposal asked for again is the same, byte for byte, since the inputs that led to it were on disk
 * before it was signed; BLS signatures are deterministic; and a block is built anew only while none was proposed. Timers start over:
 * they bound waiting from above, so a longer wait costs time and nothing else. A decision is carried out again: if it had been
 * carried out, the log would be that of the next height. Accusations of the replay itself may be carried out again too, for the
 * same evidence has the same id.
 */
import type { Effect } from './effect.ts'
import type { Height } from './height.ts'
import type { ConsensusTimer } from './input.ts'
import { setTimer } from './machine.ts'

export function resume(height: Height, now: number): readonly Effect[] {
  if (height.decision) return [height.decision]
  return [
    ...runningTimers(height, now),
    ...openChecks(height),
    ...openBuild(height),
    ...openSignatures(height),
    ...ownMessages(height),
  ]
}

function runningTimers(height: Height, now: number): Effect[] {
  const { machine, start, due } = height
  const { round, step } = machine
  const running: Effect[] = []
  if (step === 'new-height') {
    const timer: ConsensusTimer = { kind: 'start', height: start.height, round: 0 }
    return due ? [] : [{ type: 'set-timer', timer, delayMs: Math.max(0, start.startAt - now) }]
  }
  if (step === 'propose') running.push(setTimer(height, 'propose', round))
  if (step === 'prevote' && machine.prevoteTimer) running.push(setTimer(height, 'prevote', round))
  if (machine.precommitTimer) running.push(setTimer(height, 'precommit', round))
  return running
}

function openChecks({ book }: Height): Effect[] {
  const open: Effect[] = []
  for (const { hash, block, verdict } of book.blocks()) {
    if (verdict === 'asked') open.push({ type: 'check-block', block, blockHash: hash })
  }
  return open
}

function openBuild({ machine, start, book, proposer, unsigned }: Height): Effect[] {
  const { round, step } = machine
  const mine = start.self !== undefined && step !== 'new-height' && proposer(round) === start.self
  const asked = unsigned.get('proposal')
  const signing = asked?.type === 'sign-proposal' && asked.proposal.round === round
  if (!mine || signing || book.proposal(round)) return []
  return [{ type: 'build-block', height: start.height, round }]
}

function openSignatures({ unsigned, machine }: Height): Effect[] {
  return [...unsigned.values()].filter((effect) => {
    if (effect.type === 'sign-vote') return effect.vote.round === machine.round
    return effect.type === 'sign-proposal' && effect.proposal.round === machine.round
  })
}

function ownMessages({ ownVotes, book, machine, start, proposer }: Height): Effect[] {
  const mine: Effect[] = []
  const signed = start.self === proposer(machine.round) ? book.proposal(machine.round)?.signed : undefined
  if (signed) mine.push({ type: 'broadcast', message: { type: 'proposal', proposal: signed } })
  for (const vote of ownVotes.values()) mine.push({ type: 'broadcast', message: { type: 'vote', vote } })
  return mine
}
