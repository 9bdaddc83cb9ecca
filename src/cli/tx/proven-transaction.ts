import { resultCodeName } from '../../application/ledger/result-codes.ts'
import { blockHash } from '../../chain/header.ts'
import type { Client } from '../../client/client.ts'
import type { Trust } from '../../client/follow-chain.ts'
import { verifiedHeader, verifyTransaction } from '../../client/verify.ts'
import type { TransactionView } from '../../client/views.ts'
import { type Bytes, toHex } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { aligned, answer } from '../frame/answer.ts'
import type { Console } from '../frame/command.ts'

/** A final transaction of which nothing rests on the node's word. */
export interface ProvenTransaction {
  readonly id: string
  readonly height: number
  readonly index: number
  readonly blockHash: string
  readonly result: { readonly code: number; readonly name: string }
  readonly proof: 'ok'
}

/** Verifies what a node says of a transaction. Throws PROOF_FAILED. */
export async function proveTransaction(
  client: Client,
  id: Bytes,
  view: TransactionView,
  trust: Trust,
): Promise<ProvenTransaction> {
  if (view.id !== toHex(id)) throw unproved(client, 'PROOF_INVALID', 'the node answered with another transaction')
  const header = await verifiedHeader(client, view.height, trust)
  if (!header.ok) throw unproved(client, header.error.code, header.error.detail)
  const verified = verifyTransaction(view, header.value)
  if (!verified.ok) throw unproved(client, verified.error.code, verified.error.detail)
  const { code } = view.result
  return {
    id: view.id,
    height: view.height,
    index: view.proof.index,
    blockHash: toHex(blockHash(header.value)),
    result: { code, name: resultCodeName(code) ?? 'unknown' },
    proof: 'ok',
  }
}

/** Shows it; the exit status says whether it had its effect. */
export function answerProven(proven: ProvenTransaction, json: boolean, console: Console): number {
  const { id, height, index, result } = proven
  answer(console, json, proven, [
    ...aligned([
      ['transaction', id],
      ['final', `height ${height}, index ${index}`],
      ['block', proven.blockHash],
      ['result', result.code === 0 ? 'executed' : `not executed: ${result.name} (${result.code})`],
      ['proof', 'ok: in that block, which more than two thirds of the stake signed'],
    ]),
  ])
  return result.code === 0 ? 0 : 1
}

function unproved({ url }: Client, code: string, detail: string): OperationalError {
  return new OperationalError('PROOF_FAILED', `${code}: ${detail}.`, { where: url })
}
