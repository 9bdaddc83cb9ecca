import { transactionResultSchema } from '../application/application.ts'
import { accountStateKey } from '../application/ledger/keys.ts'
import { accountSchema } from '../application/ledger/records.ts'
import { verifyStateProof } from '../application/state-tree/proof.ts'
import { blockHash, type Header, transactionId } from '../chain/block.ts'
import type { Address, ChainId } from '../chain/identifiers.ts'
import { verifyCommit } from '../chain/light-verification.ts'
import { type ValidatorSet, validatorSetHash } from '../chain/validator-set.ts'
import { decode, encode } from '../codec/codec.ts'
import { blsVerify } from '../crypto/bls.ts'
import { verifyInclusion } from '../crypto/merkle.ts'
import { type Bytes, bytesEqual } from '../primitives/bytes.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import type { Client } from './client.ts'
import {
  bytesFromView,
  commitFromView,
  headerFromView,
  inclusionFromView,
  resultFromView,
  stateProofFromView,
} from './from-view.ts'
import type { AccountView, StateView, TransactionView } from './views.ts'

/** What is trusted to begin with: the chain, and who decides its blocks. Both come from the chain spec, never from the node asked. */
export interface Trust {
  readonly chainId: ChainId
  readonly validators: ValidatorSet
}

/** The header of a height, once its certificate has been checked against the trusted validators. */
export async function verifiedHeader(client: Client, height: number, trust: Trust): Promise<Result<Header>> {
  const [block, commit] = await Promise.all([client.block(height), client.commit(height)])
  if (!block || !commit) return reject('PROOF_MISSING', `${client.url} has no final block of height ${height}`)
  const header = headerFromView(block.header)
  const certificate = commitFromView(commit)
  if (header.height !== height || certificate.height !== height || !bytesEqual(header.chainId, trust.chainId)) {
    return reject('PROOF_INVALID', `the block of height ${height} is of another height or chain`)
  }
  if (!bytesEqual(certificate.blockHash, blockHash(header))) return reject('PROOF_INVALID', 'the commit is of another block')
  if (!bytesEqual(header.validatorsHash, validatorSetHash(trust.validators))) {
    return reject('PROOF_OTHER_VALIDATORS', `the validators of height ${height} are not the trusted ones`)
  }
  const verified = await verifyCommit(trust.chainId, certificate, trust.validators, async (items) =>
    items.map(({ publicKey, message, signature }) => blsVerify(publicKey, message, signature)),
  )
  return verified.ok ? ok(header) : verified
}

/** Whether a transaction and its result are in the block of a verified header. */
export function verifyTransaction(view: TransactionView, header: Header): Result<void> {
  const leaf = transactionId(bytesFromView(view.encoded))
  const result = encode(transactionResultSchema, resultFromView(view.result))
  const proof = inclusionFromView(view.proof)
  const resultProof = inclusionFromView(view.resultProof)
  const holds =
    view.height === header.height &&
    view.index === proof.index &&
    proof.index === resultProof.index &&
    proof.size === resultProof.size &&
    bytesEqual(leaf, bytesFromView(view.id)) &&
    verifyInclusion({ leaf, proof, root: header.transactionsRoot }) &&
    verifyInclusion({ leaf: result, proof: resultProof, root: header.resultsHash })
  return holds ? ok(undefined) : reject('PROOF_INVALID', `transaction ${view.id}`)
}

/** Whether an account's record, or its absence, is part of the state of a verified header, and says what the node says it says. */
export function verifyAccount(view: AccountView, address: Address, header: Header): Result<void> {
  const value = view.value === null ? undefined : bytesFromView(view.value)
  const record = value === undefined ? ok({ balance: 0n, nonce: 0 }) : decode(accountSchema, value)
  const key = accountStateKey(address)
  const holds =
    record.ok &&
    view.height === header.height &&
    view.balance === record.value.balance.toString() &&
    view.nonce === record.value.nonce &&
    bytesEqual(bytesFromView(view.key), key) &&
    verifyStateProof(header.appHash, key, value, stateProofFromView(view.proof))
  return holds ? ok(undefined) : reject('PROOF_INVALID', `account ${view.address}`)
}

/** Whether the value under a key, or its absence, is part of the state of a verified header. */
export function verifyState(view: StateView, key: Bytes, header: Header): Result<void> {
  const value = view.value === null ? undefined : bytesFromView(view.value)
  const holds =
    view.height === header.height &&
    bytesEqual(bytesFromView(view.key), key) &&
    verifyStateProof(header.appHash, key, value, stateProofFromView(view.proof))
  return holds ? ok(undefined) : reject('PROOF_INVALID', `state ${view.key}`)
}
