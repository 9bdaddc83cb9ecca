import { encodeAddress } from '../crypto/address.ts'
import { toHex } from '../primitives/bytes.ts'
import type { ChainSpec } from './chain-spec.ts'
import type { Validator } from './validator-set.ts'

/** What a chain begins with, as the application's `initChain` is told. */
export interface Genesis {
  /** Milliseconds since the Unix epoch. */
  readonly time: number
  readonly validators: readonly Validator[]
  readonly appState: GenesisAppState
}

/** The first owners, in the form in which any application can read them: texts, amounts in base units. */
export interface GenesisAppState {
  readonly accounts: readonly { readonly address: string; readonly balance: string }[]
  readonly operators: readonly GenesisOperator[]
}

export interface GenesisOperator {
  readonly consensus_key: string
  readonly address: string
  /** Ed25519, in hexadecimal: speaks for the validator's stake among peers. */
  readonly network_key?: string
}

export function genesisOf(spec: ChainSpec): Genesis {
  const named = (address: Uint8Array) => encodeAddress(spec.chain.address_prefix, address)
  return {
    time: spec.chain.genesis_time,
    validators: spec.validators.map(({ consensusKey, power }) => ({ consensusKey, power })),
    appState: {
      accounts: spec.accounts.map(({ address, balance }) => ({ address: named(address), balance: balance.toString() })),
      operators: spec.validators.flatMap(({ consensusKey, operator, networkKey }) =>
        operator
          ? [
              {
                consensus_key: toHex(consensusKey),
                address: named(operator),
                ...(networkKey && { network_key: toHex(networkKey) }),
              },
            ]
          : [],
      ),
    },
  }
}
