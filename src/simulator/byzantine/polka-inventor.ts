import { blockHash } from '../../chain/header.ts'
import type { Liar } from './liar.ts'
import { forgeOwnMessages, signProposal } from './own-messages.ts'

/** Proposes fresh blocks as if they had had a polka in the round before, so that whoever believes it lets go of its lock. */
export const polkaInventor: Liar = (context) =>
  forgeOwnMessages(context, {
    proposal(signed) {
      const { proposal, block } = signed
      if (proposal.round === 0) return [signed]
      const header = { ...block.header, time: block.header.time + proposal.round }
      const invented = { ...proposal, validRound: proposal.round - 1, blockHash: blockHash(header) }
      return [signProposal(context, invented, { ...block, header })]
    },
  })
