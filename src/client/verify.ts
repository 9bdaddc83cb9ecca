import { transactionResultSchema } from '../application/application.ts'
import { accountStateKey } from '../application/ledger/keys.ts'
import { accountSchema } from '../application/ledger/records.ts'
import { verifyStateProof } from '../application/state-tree/proof.ts'
import { transactionId } from '../chain/block.ts'
import type { Header } from '../chain/header.ts'
import type { Address } from '../chain/identifiers.ts'
import { decode, encode } from '../codec/codec.ts'
import { verifyInclusion } from '../crypto/merkle.ts'
import { type Bytes, bytesEqual } from '../primitives/bytes.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import type { Client } from './client.ts'
import { followChain, type Trust } from './follow-chain.ts'
import { bytesFromView, inclusionFromView, resultFromView, stateProofFromView } from './from-view.ts'
import type { AccountView, StateView, TransactionView } from './views.ts'

/**
 * The header of a height, once it is known to be the chain's: verified from genesis on, following every change of validators. Genesis is
 * believed however long ago it was; `followChain` takes a trusted block of lately, which is safer on an old chain.
 */
export async function verifiedHeader(client: Client, height: number, trust: Trust): Promise<Result<Header>> {
  return followChain({ client, trust }).header(height)
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
