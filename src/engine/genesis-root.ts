import type { Application } from '../application/application.ts'
import { type ChainSpec, chainIdOf } from '../chain/chain-spec.ts'
import { genesisOf } from '../chain/genesis.ts'
import type { Hash } from '../crypto/hash.ts'
import type { Store } from '../ports/store.ts'
import { prepareGenesis } from './chain.ts'
import { openStateStore } from './state-store.ts'

/** The state root of a chain's beginning, for those who say hello and keep no chain. */
export async function genesisRootOf(spec: ChainSpec, application: Application): Promise<Hash> {
  const state = await openStateStore(nothing, { versionsKept: 2 })
  const genesis = genesisOf(spec)
  const { root } = prepareGenesis({ spec, chainId: chainIdOf(spec), application, genesis }, state)
  return root
}

const nothing: Store = {
  get: () => undefined,
  range: async () => [],
  write: async () => undefined,
  close: async () => undefined,
}
