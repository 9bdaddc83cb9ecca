import type { TransactionResult } from '../application/application.ts'
import type { StateProof } from '../application/state-tree/proof.ts'
import type { Commit } from '../chain/certificate.ts'
import type { Header } from '../chain/header.ts'
import type { Hash } from '../crypto/hash.ts'
import type { InclusionProof } from '../crypto/merkle.ts'
import type { LightBlock } from '../light/light-block.ts'
import { assert } from '../primitives/assert.ts'
import { type Bytes, fromHex } from '../primitives/bytes.ts'
import type { AccountView, CommitView, HeaderView, LightBlockView, ResultView, TransactionView } from './views.ts'

/** The API's words as the chain's own values. The views have been parsed: every hexadecimal text in them is one. */
export function bytesFromView(text: string): Bytes {
  const bytes = fromHex(text)
  assert(bytes, 'a parsed view holds well-formed hexadecimal')
  return bytes
}

export function headerFromView(view: HeaderView): Header {
  const { version, height, time } = view
  const hash = (text: string): Hash => bytesFromView(text) as Hash
  return {
    version,
    chainId: hash(view.chainId),
    height,
    time,
    previousHash: hash(view.previousHash),
    previousCommitHash: hash(view.previousCommitHash),
    transactionsRoot: hash(view.transactionsRoot),
    orderHash: hash(view.orderHash),
    validatorsHash: hash(view.validatorsHash),
    nextValidatorsHash: hash(view.nextValidatorsHash),
    parametersHash: hash(view.parametersHash),
    appHash: hash(view.appHash),
    resultsHash: hash(view.resultsHash),
    evidenceHash: hash(view.evidenceHash),
    proposer: bytesFromView(view.proposer),
  }
}

export function commitFromView({ height, round, blockHash, signers, signature }: CommitView): Commit {
  return {
    height,
    round,
    blockHash: bytesFromView(blockHash) as Hash,
    signers: bytesFromView(signers),
    signature: bytesFromView(signature),
  }
}

export function lightBlockFromView(view: LightBlockView): LightBlock {
  const { validators, nextValidators, possessions } = view
  const members = (list: LightBlockView['validators']) =>
    list.map(({ consensusKey, power }) => ({ consensusKey: bytesFromView(consensusKey), power: BigInt(power) }))
  return {
    header: headerFromView(view.header),
    commit: commitFromView(view.commit),
    validators: members(validators),
    nextValidators: nextValidators ? members(nextValidators) : undefined,
    possessions: possessions.map(({ consensusKey, operator, proof }) => ({
      consensusKey: bytesFromView(consensusKey),
      operator: operator === null ? undefined : bytesFromView(operator),
      proof: bytesFromView(proof),
    })),
  }
}

export function inclusionFromView({ index, size, path }: TransactionView['proof']): InclusionProof {
  return { index, size, path: path.map((text) => bytesFromView(text) as Hash) }
}

export function resultFromView({ code, data, events }: ResultView): TransactionResult {
  return { code, data: bytesFromView(data), events }
}

export function stateProofFromView({ siblings, other }: AccountView['proof']): StateProof {
  return {
    siblings: siblings.map(bytesFromView),
    other: other ? { path: bytesFromView(other.path), valueHash: bytesFromView(other.valueHash) } : undefined,
  }
}
