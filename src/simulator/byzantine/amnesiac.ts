import type { SignedProposal } from '../../chain/proposal.ts'
import { prevote } from '../../chain/vote.ts'
import { eavesdrop } from './eavesdrop.ts'
import type { Liar } from './liar.ts'
import { forgeOwnMessages, signProposal, signVote } from './own-messages.ts'

/**
 * Forgets that it locked: where its node would prevote nil to keep its word, it votes for whatever is proposed; and when it is its turn
 * it proposes the height's oldest block again, as if nothing had been locked since.
 */
export const amnesiac: Liar = (context) => {
  let height = 0
  let proposed = new Map<number, SignedProposal>()

  const forging = forgeOwnMessages(context, {
    vote(signed) {
      const { vote, validator } = signed
      const there = vote.height === height ? proposed.get(vote.round)?.proposal : undefined
      if (vote.blockHash !== undefined || vote.kind !== prevote || !there) return [signed]
      return [signVote(context, { ...vote, blockHash: there.blockHash }, validator)]
    },
    proposal(signed) {
      const [oldest] = signed.proposal.height === height ? [...proposed].sort(([one], [other]) => one - other) : []
      if (!oldest || oldest[0] >= signed.proposal.round) return [signed]
      const [validRound, { block, proposal }] = oldest
      return [signProposal(context, { ...signed.proposal, validRound, blockHash: proposal.blockHash }, block)]
    },
  })
  return eavesdrop(forging, (message) => {
    if (message.type !== 'proposal' || message.proposal.proposal.height < height) return
    const { proposal } = message.proposal
    if (proposal.height > height) proposed = new Map()
    height = proposal.height
    if (proposed.size < 100 && !proposed.has(proposal.round)) proposed.set(proposal.round, message.proposal)
  })
}
