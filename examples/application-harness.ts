/** What the examples' tests share: an application driven block by block, without a network. */
import type { Application, DecodedTransaction, TransactionResult } from '../src/application/application.ts'
import type { StateOverlay } from '../src/application/state.ts'
import { transactionId } from '../src/chain/block.ts'
import { validatorSet } from '../src/chain/validator-set.ts'
import type { Result } from '../src/primitives/result.ts'

export const emptyState = { get: () => undefined }

const proposer = new Uint8Array(48)
const validators = validatorSet([{ consensusKey: proposer, power: 1n }])
export const genesisRequest = { chainId: new Uint8Array(32), time: 0, validators: validators.validators, appState: undefined }

export function decoded<Content>(application: Application<Content>, text: string): Result<DecodedTransaction<Content>> {
  const encoded = new TextEncoder().encode(text)
  const answer = application.decodeTransaction(encoded)
  return answer.ok ? { ok: true, value: { ...answer.value, id: transactionId(encoded), encoded } } : answer
}

/** Executes one block of transactions that are texts. */
export function executeTexts<Content>(
  application: Application<Content>,
  state: StateOverlay,
  texts: readonly string[],
): readonly TransactionResult[] {
  const transactions = texts.map((text) => {
    const answer = decoded(application, text)
    if (!answer.ok) throw new Error(`${text}: ${answer.error.code}`)
    return answer.value
  })
  const block = { height: 1, time: 0, proposer, validators, lastCommit: undefined, evidence: [], transactions }
  return application.executeBlock(block, state).results
}
