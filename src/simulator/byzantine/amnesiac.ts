import { prevote } from '../../chain/vote.ts'
import type { Hash } from '../../crypto/hash.ts'
import { eavesdrop } from './eavesdrop.ts'
import type { Liar } from './liar.ts'
import { forgeOwnMessages, signVote } from './own-messages.ts'

const rememberedMax = 1000

/** Forgets that it locked: where its node would prevote nil to keep its word, it votes for whatever is proposed. */
export const amnesiac: Liar = (context) => {
  const proposed = new Map<string, Hash>()
  const forging = forgeOwnMessages(context, {
    vote(signed) {
      const { vote, validator } = signed
      const block = proposed.get(`${vote.height} ${vote.round}`)
      if (vote.blockHash !== undefined || vote.kind !== prevote || !block) return [signed]
      return [signVote(context, { ...vote, blockHash: block }, validator)]
    },
  })
  return eavesdrop(forging, (message) => {
    if (message.type !== 'proposal') return
    const { height, round, blockHash } = message.proposal.proposal
    if (proposed.size >= rememberedMax) proposed.clear()
    proposed.set(`${height} ${round}`, blockHash)
  })
}
