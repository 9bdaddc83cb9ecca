import { z } from 'zod'
import { batchSchema } from '../../chain/batch.ts'
import { type SubmissionView, submissionRequest, submissionView, transactionView } from '../../client/views.ts'
import { decode } from '../../codec/codec.ts'
import type { Hash } from '../../crypto/hash.ts'
import type { SynodNode } from '../../engine/synod-node.ts'
import { type Bytes, fromHex, toHex } from '../../primitives/bytes.ts'
import { ApiError } from '../api-error.ts'
import type { Route } from '../route.ts'
import { transactionToView } from '../to-view.ts'

export const submitTransactions: Route = {
  method: 'POST',
  path: '/v1/transactions',
  summary: 'Submits transactions: hexadecimal in JSON, or one encoded Batch as application/octet-stream.',
  body: submissionRequest,
  answer: submissionView,
  async handle(node, { body }) {
    return submit(node, body instanceof Uint8Array ? fromBatch(body) : fromJson(body))
  },
}

export const showTransaction: Route = {
  method: 'GET',
  path: '/v1/transactions/{id}',
  summary: 'A final transaction with the proofs that it, and its result, are in their block.',
  parameters: { id: { description: 'SHA-256 of the encoded transaction, hexadecimal.', schema: z.string() } },
  answer: transactionView,
  async handle(node, { parameters }) {
    const id = fromHex(parameters['id'] ?? '')
    if (id?.length !== 32) throw new ApiError(400, 'API_MALFORMED', 'a transaction id has 64 hexadecimal digits')
    const found = await node.transaction(id as Hash)
    if (!found) throw new ApiError(404, 'API_NOT_FOUND', 'no final block holds this transaction')
    return transactionToView(id as Hash, found)
  },
}

async function submit(node: SynodNode, transactions: readonly Bytes[]): Promise<SubmissionView> {
  const results = await node.submit(transactions)
  return {
    results: results.map((result) =>
      result.ok ? { id: toHex(result.value) } : { code: result.error.code, detail: result.error.detail },
    ),
  }
}

function fromBatch(body: Uint8Array): readonly Bytes[] {
  const decoded = decode(batchSchema, body)
  if (!decoded.ok) throw new ApiError(400, decoded.error.code, `the body is no encoded batch: ${decoded.error.detail}`)
  return decoded.value.transactions
}

function fromJson(body: unknown): readonly Bytes[] {
  const parsed = submissionRequest.safeParse(body)
  if (!parsed.success) throw new ApiError(400, 'API_MALFORMED', z.prettifyError(parsed.error))
  return parsed.data.transactions.map((text) => fromHex(text) as Bytes)
}
