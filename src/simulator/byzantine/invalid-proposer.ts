import { blockHash, type Header } from '../../chain/header.ts'
import type { Hash } from '../../crypto/hash.ts'
import { createSimulatedEntropy } from '../random.ts'
import type { Liar } from './liar.ts'
import { forgeOwnMessages, signProposal } from './own-messages.ts'

/** Proposes, well signed, what no honest validator may accept: one thing wrong with the block each time. */
export const invalidProposer: Liar = (context) => {
  const entropy = createSimulatedEntropy(context.random)
  const anything = () => entropy.bytes(32) as Hash
  const wrongs: readonly ((header: Header) => Header)[] = [
    (header) => ({ ...header, appHash: anything() }),
    (header) => ({ ...header, resultsHash: anything() }),
    (header) => ({ ...header, transactionsRoot: anything() }),
    (header) => ({ ...header, nextValidatorsHash: anything() }),
    (header) => ({ ...header, validatorsHash: anything() }),
    (header) => ({ ...header, parametersHash: anything() }),
    (header) => ({ ...header, previousHash: anything() }),
    (header) => ({ ...header, time: header.time + 3_600_000 }),
    (header) => ({ ...header, time: header.time - 3_600_000 }),
    (header) => ({ ...header, version: 2 }),
    (header) => ({ ...header, chainId: anything() }),
    (header) => ({ ...header, proposer: entropy.bytes(48) }),
    (header) => ({ ...header, proposer: context.random.pick(context.spec.validators).consensusKey }),
  ]
  /** One lie a round, the same to everybody: else it would be an equivocation. */
  let told = { place: '', header: undefined as Header | undefined }

  return forgeOwnMessages(context, {
    proposal(signed) {
      const place = `${signed.proposal.height} ${signed.proposal.round}`
      if (told.place !== place) told = { place, header: context.random.pick(wrongs)(signed.block.header) }
      const header = told.header as Header
      return [signProposal(context, { ...signed.proposal, blockHash: blockHash(header) }, { ...signed.block, header })]
    },
  })
}
