import { accountStateKey } from '../application/ledger/keys.ts'
import { accountSchema } from '../application/ledger/records.ts'
import { decode } from '../codec/codec.ts'
import { decodeAddress } from '../crypto/address.ts'
import type { ProvenState, ProvenTransaction } from '../light/light-block.ts'
import { type Bytes, fromHex, toHex } from '../primitives/bytes.ts'
import type { Client } from './client.ts'
import { ClientError } from './client-error.ts'
import type { PeerSource } from './peer-source.ts'
import type { StateView, TransactionView } from './views.ts'

/** What is read of a node and then proved. */
export type ReadClient = Pick<Client, 'url' | 'block' | 'account' | 'state' | 'transaction' | 'submit' | 'submitEvidence'>

/** State and transactions as a peer has them, in the API's words, to be proved like a node's answers. Of blocks it is not asked: `ClientError` LIGHT_UNPROVABLE. */
export function peerReads(source: PeerSource): ReadClient {
  const elsewhere = async (): Promise<never> => {
    throw new ClientError(
      'LIGHT_UNPROVABLE',
      'a peer is asked for no blocks and passes no transactions on: give the API of a node too',
      421,
    )
  }
  return {
    url: source.name,
    block: elsewhere,
    async transaction(id) {
      const asked = typeof id === 'string' ? fromHex(id) : id
      const found = asked?.length === 32 ? await source.transaction(asked) : undefined
      return found && asked && transactionView(asked, found)
    },
    submit: elsewhere,
    submitEvidence: elsewhere,
    state: async (key) => stateView(key, await source.state(key)),
    async account(text) {
      const address = decodeAddress(text.slice(0, Math.max(0, text.lastIndexOf('1'))), text)
      if (!address.ok) throw new ClientError(address.error.code, text, 400)
      const key = accountStateKey(address.value)
      const told = await source.state(key)
      const record = told.value === undefined ? undefined : decode(accountSchema, told.value)
      const { balance, nonce } = record?.ok ? record.value : { balance: 0n, nonce: 0 }
      return { address: text, balance: balance.toString(), nonce, ...stateView(key, told) }
    },
  }
}

function stateView(key: Bytes, { height, value, proof: { siblings, other } }: ProvenState): StateView {
  const leaf = other ? { path: toHex(other.path), valueHash: toHex(other.valueHash) } : null
  return {
    height,
    key: toHex(key),
    value: value === undefined ? null : toHex(value),
    proof: { siblings: siblings.map(toHex), other: leaf },
  }
}

function transactionView(id: Bytes, { height, encoded, result, proof, resultProof }: ProvenTransaction): TransactionView {
  const inclusion = ({ index, size, path }: ProvenTransaction['proof']) => ({ index, size, path: path.map(toHex) })
  const events = result.events.map(({ type, attributes }) => ({ type, attributes: attributes.map((one) => ({ ...one })) }))
  return {
    id: toHex(id),
    height,
    index: proof.index,
    encoded: toHex(encoded),
    result: { code: result.code, data: toHex(result.data), events },
    proof: inclusion(proof),
    resultProof: inclusion(resultProof),
  }
}
