/**
 * What peers at one height tell and send each other until all hold the same: where a node stands, and what it lacks of that.
 * Spec: docs/spec/consensus.md, gossip.
 */
import { bitmapHas, bitmapOf } from '../../chain/bitmap.ts'
import { type RoundState, stepOnWire } from '../../chain/consensus-message.ts'
import { precommit, prevote, type VoteKind } from '../../chain/vote.ts'
import type { Hash } from '../../crypto/hash.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { type Quorum, type VoteSet, valueKey } from '../vote-tally.ts'
import { certificateFor } from './certify.ts'
import type { Outbound } from './effect.ts'
import type { Height } from './height.ts'

/** Most messages of one answer. What is still lacking then is sent when the peer says again what it has. */
const messagesMax = 64

export function roundStateOf(height: Height): RoundState {
  const { machine, tally, book, start } = height
  const size = start.validators.validators.length
  const proposal = book.proposal(machine.round)?.signed.proposal
  const { validRound } = proposal ?? {}
  const polkaMissing = validRound !== undefined && tally.quorum(prevote, validRound) === undefined
  return {
    height: start.height,
    round: machine.round,
    step: stepOnWire[machine.step],
    proposal: proposal?.blockHash,
    missingPolka: polkaMissing ? validRound : undefined,
    decided: tally.blockQuorums(precommit)[0]?.blockHash,
    missingBlock: missingBlock(height),
    validRound: machine.valid?.round,
    prevotes: bitmapOf(voters(tally.votes(prevote, machine.round)), size),
    precommits: bitmapOf(voters(tally.votes(precommit, machine.round)), size),
  }
}

function missingBlock({ tally, book }: Height): Hash | undefined {
  const wanted = [...tally.blockQuorums(precommit), ...tally.blockQuorums(prevote)]
  return wanted.find(({ blockHash }) => blockHash && !book.block(blockHash))?.blockHash
}

function voters(set: VoteSet): Set<number> {
  const all = new Set<number>()
  for (const signers of set.signers.values()) for (const validator of signers) all.add(validator)
  return all
}

/** The messages that a peer at the same height lacks, the most telling first. */
export function missingFor(height: Height, peer: RoundState): readonly Outbound[] {
  if (peer.height !== height.start.height) return []
  const messages = [
    ...decisionFor(height, peer),
    ...proposalsFor(height, peer),
    ...polkasFor(height, peer),
    ...votesFor(height, peer),
  ]
  return distinct(messages).slice(0, messagesMax)
}

/** With the precommit certificate and its block a peer has all it needs, whatever its round. */
function decisionFor(height: Height, peer: RoundState): Outbound[] {
  const decision = height.tally.blockQuorums(precommit)[0]
  if (!decision?.blockHash || peer.decided) return []
  return [certificate(height, precommit, decision), ...carrying(height, decision.blockHash, peer)]
}

function proposalsFor(height: Height, peer: RoundState): Outbound[] {
  const messages: Outbound[] = []
  const current = height.book.proposal(peer.round)?.signed
  if (current && peer.proposal === undefined) messages.push({ type: 'proposal', proposal: current })
  if (peer.missingBlock) messages.push(...carrying(height, peer.missingBlock, peer))
  return messages
}

/** A proposal with this block, unless the peer's own round state shows that it has it. */
function carrying({ book }: Height, blockHash: Hash, peer: RoundState): Outbound[] {
  const known = book.block(blockHash)
  if (!known || (peer.proposal && valueKey(peer.proposal) === valueKey(blockHash))) return []
  return [{ type: 'proposal', proposal: known.proposal }]
}

/** The polka its proposal refers to, and our latest, by which it learns of a valid block. */
function polkasFor(height: Height, peer: RoundState): Outbound[] {
  const { tally } = height
  const asked = peer.missingPolka === undefined ? undefined : tally.quorum(prevote, peer.missingPolka)
  const latest = tally
    .blockQuorums(prevote)
    .filter(({ round }) => round > (peer.validRound ?? -1))
    .at(-1)
  return [asked, latest].flatMap((quorum) => (quorum ? [certificate(height, prevote, quorum)] : []))
}

/** The votes of its round that it has not counted; and, when it is behind, those of our round, by which it skips to us. */
function votesFor(height: Height, peer: RoundState): Outbound[] {
  const { machine } = height
  const here = [
    ...votesBeyond(height, precommit, peer.round, peer.precommits),
    ...votesBeyond(height, prevote, peer.round, peer.prevotes),
  ]
  if (peer.round >= machine.round || machine.step === 'new-height') return here
  const nothing = new Uint8Array()
  return [
    ...votesBeyond(height, precommit, machine.round, nothing),
    ...votesBeyond(height, prevote, machine.round, nothing),
    ...here,
  ]
}

/** Who is missing from a quorum is sent at once, as its certificate; other votes go one by one. */
function votesBeyond(height: Height, kind: VoteKind, round: number, counted: Bytes): Outbound[] {
  const set = height.tally.votes(kind, round)
  const { quorum } = set
  const certified = quorum ? set.signers.get(valueKey(quorum.blockHash)) : undefined
  const messages: Outbound[] = []
  if (quorum && [...(certified ?? [])].some((validator) => !bitmapHas(counted, validator))) {
    messages.push(certificate(height, kind, quorum))
  }
  for (const [validator, vote] of set.votes) {
    if (!bitmapHas(counted, validator) && !certified?.has(validator)) messages.push({ type: 'vote', vote })
  }
  return messages
}

function certificate({ tally, start }: Height, kind: VoteKind, { round, blockHash }: Quorum): Outbound {
  return { type: 'certificate', certificate: certificateFor(tally, start, kind, round, blockHash) }
}

/** The same certificate may be wanted for two reasons. */
function distinct(messages: readonly Outbound[]): readonly Outbound[] {
  const seen = new Set<string>()
  return messages.filter((message) => {
    const name = nameOf(message)
    if (seen.has(name)) return false
    seen.add(name)
    return true
  })
}

function nameOf(message: Outbound): string {
  switch (message.type) {
    case 'proposal':
      return `proposal/${message.proposal.proposal.round}/${valueKey(message.proposal.proposal.blockHash)}`
    case 'vote':
      return `vote/${message.vote.vote.kind}/${message.vote.vote.round}/${message.vote.validator}`
    default:
      return `certificate/${message.certificate.kind}/${message.certificate.round}/${valueKey(message.certificate.blockHash)}`
  }
}
