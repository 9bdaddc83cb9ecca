import { accountStateKey } from '../application/ledger/keys.ts'
import { accountSchema } from '../application/ledger/records.ts'
import { decode } from '../codec/codec.ts'
import { decodeAddress } from '../crypto/address.ts'
import type { ProvenState } from '../light/light-block.ts'
import { type Bytes, toHex } from '../primitives/bytes.ts'
import type { Client } from './client.ts'
import { ClientError } from './client-error.ts'
import type { PeerSource } from './peer-source.ts'
import type { StateView } from './views.ts'

/** What is read of a node and then proved. */
export type ReadClient = Pick<Client, 'url' | 'block' | 'account' | 'state' | 'transaction' | 'submit' | 'submitEvidence'>

/** The state as a peer has it, in the API's words, to be proved like a node's answers. Of blocks it is not asked: `ClientError` LIGHT_UNPROVABLE. */
export function peerReads(source: PeerSource): ReadClient {
  const elsewhere = async (): Promise<never> => {
    throw new ClientError('LIGHT_UNPROVABLE', 'a peer is asked for headers and state alone: give the API of a node too', 421)
  }
  return {
    url: source.name,
    block: elsewhere,
    transaction: elsewhere,
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
