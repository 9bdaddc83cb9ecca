import { blockHash } from '../../chain/header.ts'
import type { Hash } from '../../crypto/hash.ts'
import { createSimulatedEntropy } from '../random.ts'
import type { Liar } from './liar.ts'
import { forgeOwnMessages, signProposal, signVote } from './own-messages.ts'

/** How often it blunders, and lets one peer hear both of its truths. */
const blunders = 0.2

/** Tells one half of its peers one thing and the other half another: two votes in a round, two proposals in a round. */
export const equivocator: Liar = (context) => {
  const { random } = context
  const entropy = createSimulatedEntropy(random)
  const otherHalf = (peer: string) => (peer.codePointAt(peer.length - 1) ?? 0) % 2 === 1

  return forgeOwnMessages(context, {
    vote(signed, to) {
      if (!otherHalf(to)) return [signed]
      const other = signed.vote.blockHash ? undefined : (entropy.bytes(32) as Hash)
      const lie = signVote(context, { ...signed.vote, blockHash: other }, signed.validator)
      return random.chance(blunders) ? [lie, signed] : [lie]
    },
    proposal(signed, to) {
      if (!otherHalf(to) || signed.proposal.validRound !== undefined) return [signed]
      const header = { ...signed.block.header, time: signed.block.header.time + 1 }
      return [signProposal(context, { ...signed.proposal, blockHash: blockHash(header) }, { ...signed.block, header })]
    },
  })
}
