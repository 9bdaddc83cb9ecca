import { noCommitHash, transactionId, transactionsRoot } from '../chain/block.ts'
import { commitHash } from '../chain/certificate.ts'
import { evidenceHash, evidenceSchema } from '../chain/evidence.ts'
import { blockHash, type Header } from '../chain/header.ts'
import { blockEvidenceMax } from '../chain/limits.ts'
import { decode } from '../codec/codec.ts'
import { decodeAddress } from '../crypto/address.ts'
import type { LightFailure } from '../light/light-client.ts'
import { type Bytes, bytesEqual, toHex } from '../primitives/bytes.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import type { ChainFollower } from './follow-chain.ts'
import { bytesFromView, commitFromView, headerFromView } from './from-view.ts'
import type { ReadClient } from './peer-reads.ts'
import { verifyAccount, verifyState, verifyTransaction } from './verify.ts'
import type { AccountView, BlockView, StateView, TransactionView } from './views.ts'

type Read<T> = Promise<Result<T, LightFailure>>

/** A node's answers, each proved against a header that the chain's validators have signed. `undefined`: the node says that it has no such thing. */
export interface VerifiedReads {
  block(height: number | 'latest'): Read<BlockView>
  account(address: string): Read<AccountView>
  state(key: Bytes): Read<StateView>
  transaction(id: string): Read<TransactionView | undefined>
}

/** Asks a node and believes what it proves. Runs in Node and in browsers. Throws `ClientError` where the node does not answer. */
export function createVerifiedReads(client: Omit<ReadClient, 'submit'>, follower: ChainFollower): VerifiedReads {
  async function against<T extends { readonly height: number }>(
    view: T,
    verify: (header: Header) => Result<void>,
  ): Promise<Result<T, LightFailure>> {
    const header = await follower.header(view.height)
    if (!header.ok) return header
    const verified = verify(header.value)
    return verified.ok ? ok(view) : verified
  }

  return {
    async block(height) {
      const verified = await follower.block(height)
      if (!verified.ok) return verified
      const view = await client.block(verified.value.header.height)
      if (!view) return reject('LIGHT_NOT_HELD', `${client.url} has no block of height ${height}`)
      return isWhole(view, verified.value.header) ? ok(view) : reject('PROOF_INVALID', `block ${view.hash}`)
    },
    async account(text) {
      const address = decodeAddress(text.slice(0, Math.max(0, text.lastIndexOf('1'))), text)
      if (!address.ok) return address
      const view = await client.account(text)
      if (view.address !== text) return reject('PROOF_INVALID', `asked for ${text}`)
      return against(view, (header) => verifyAccount(view, address.value, header))
    },
    async state(key) {
      const view = await client.state(key)
      return against(view, (header) => verifyState(view, key, header))
    },
    async transaction(id) {
      const view = await client.transaction(id)
      if (!view) return ok(undefined)
      if (view.id !== id) return reject('PROOF_INVALID', `asked for ${id}`)
      return against(view, (header) => verifyTransaction(view, header))
    },
  }
}

/** Whether every part of a block is what the header names. */
function isWhole(view: BlockView, header: Header): boolean {
  const hash = blockHash(header)
  if (!bytesEqual(blockHash(headerFromView(view.header)), hash) || view.hash !== toHex(hash)) return false
  const evidence = view.evidence.map((encoded) => decode(evidenceSchema, bytesFromView(encoded)))
  const pieces = evidence.flatMap((piece) => (piece.ok ? piece.value : []))
  if (pieces.length < evidence.length || evidence.length > blockEvidenceMax) return false
  const commit = view.lastCommit ? commitHash(commitFromView(view.lastCommit)) : noCommitHash
  return (
    bytesEqual(commit, header.previousCommitHash) &&
    bytesEqual(evidenceHash(pieces), header.evidenceHash) &&
    bytesEqual(
      transactionsRoot(view.transactions.map((encoded) => transactionId(bytesFromView(encoded)))),
      header.transactionsRoot,
    )
  )
}
