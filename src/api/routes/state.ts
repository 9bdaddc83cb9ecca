import { z } from 'zod'
import { accountStateKey } from '../../application/ledger/keys.ts'
import { accountSchema } from '../../application/ledger/records.ts'
import { accountView, queryView, stateView } from '../../client/views.ts'
import { decode } from '../../codec/codec.ts'
import { decodeAddress } from '../../crypto/address.ts'
import { fromHex, toHex } from '../../primitives/bytes.ts'
import { ApiError } from '../api-error.ts'
import type { Route } from '../route.ts'
import { stateProofToView } from '../to-view.ts'

export const showAccount: Route = {
  method: 'GET',
  path: '/v1/accounts/{address}',
  summary: 'An account of the built-in ledger, with the proof of its record, or of its absence, against the latest app hash.',
  parameters: { address: { description: 'bech32m, with the chain’s prefix.', schema: z.string() } },
  answer: accountView,
  handle(node, { parameters }) {
    if (node.application.name !== 'ledger') throw new ApiError(404, 'API_NOT_FOUND', 'this chain does not run the ledger')
    const address = decodeAddress(node.spec.chain.address_prefix, parameters['address'] ?? '')
    if (!address.ok) throw new ApiError(400, address.error.code, address.error.detail)
    const key = accountStateKey(address.value)
    const { height, value, proof } = node.state(key)
    const record = value && decode(accountSchema, value)
    const account = record?.ok ? record.value : { balance: 0n, nonce: 0 }
    return {
      address: parameters['address'],
      height,
      balance: account.balance.toString(),
      nonce: account.nonce,
      key: toHex(key),
      value: value ? toHex(value) : null,
      proof: stateProofToView(proof),
    }
  },
}

export const showState: Route = {
  method: 'GET',
  path: '/v1/state/{key}',
  summary: 'Any value of the state, with the proof of its presence or absence against the latest app hash.',
  parameters: { key: { description: 'The key, hexadecimal.', schema: z.string() } },
  answer: stateView,
  handle(node, { parameters }) {
    const key = fromHex(parameters['key'] ?? '')
    if (!key || key.length === 0 || key.length > 256)
      throw new ApiError(400, 'API_MALFORMED', 'a key is 1 to 256 bytes in hexadecimal')
    const { height, value, proof } = node.state(key)
    return { height, key: toHex(key), value: value ? toHex(value) : null, proof: stateProofToView(proof) }
  },
}

export const askApplication: Route = {
  method: 'GET',
  path: '/v1/query/{path}',
  summary: 'What the application answers on the latest state, by its own rules. Nothing proves the answer.',
  parameters: { path: { description: 'As the application names what it can be asked.', schema: z.string() } },
  search: { data: { description: 'What the question is about, hexadecimal.', schema: z.string() } },
  answer: queryView,
  handle(node, { parameters, search }) {
    const data = fromHex(search['data'] ?? '')
    if (!data) throw new ApiError(400, 'API_MALFORMED', 'data is not hexadecimal')
    const { height } = node.status()
    const answer = node.query(parameters['path'] ?? '', data)
    if (!answer.ok) throw new ApiError(400, answer.error.code, answer.error.detail)
    return { height, data: toHex(answer.value) }
  },
}
