import { chainIdOf } from '../../chain/chain-spec.ts'
import { genesisOf } from '../../chain/genesis.ts'
import { type Chain, openChain } from '../../engine/chain.ts'
import { createLightServer, type LightServer } from '../../engine/light-server.ts'
import { createPolkaMemory } from '../../engine/polka-memory.ts'
import { loadChain } from '../../node/config/load-chain.ts'
import { loadNodeConfig, type NodeHome } from '../../node/config/load-node-config.ts'
import { openDataDirectoryToRead } from '../../node/data-directory.ts'
import type { Console } from '../frame/command.ts'
import { homeOf } from '../frame/shared-options.ts'

export interface SnapshotInvocation<Options> {
  readonly console: Console
  readonly options: Options & { readonly home: string | undefined; readonly set: readonly string[]; readonly json: boolean }
}

/** The chain of a node that does not run, to read: nothing in its directory is changed. */
export interface StoppedChain {
  readonly home: NodeHome
  readonly chain: Chain
  readonly light: LightServer
}

/** Throws DATA_DIR_LOCKED while the node runs. */
export async function withStoppedChain<T>(
  { options, console }: SnapshotInvocation<unknown>,
  work: (stopped: StoppedChain) => Promise<T>,
): Promise<T> {
  const { environment } = console
  const home = await loadNodeConfig({ home: homeOf(options.home, console), environment, overrides: options.set })
  const { spec, application } = await loadChain(home)
  const { disk, release } = await openDataDirectoryToRead(home.dataDirectory)
  try {
    const store = await disk.openStore('chain')
    try {
      const { state_versions_kept: stateVersionsKept } = home.config.node
      const chain = await openChain({
        store,
        spec,
        application,
        chainId: chainIdOf(spec),
        genesis: genesisOf(spec),
        stateVersionsKept,
        snapshotInterval: home.config.state.snapshot_interval_blocks,
      })
      const polkas = createPolkaMemory({ store, ageBlocksMax: spec.limits.evidence_age_blocks, onFailure: () => undefined })
      const light = createLightServer({ chain, spec, application, polkas })
      return await work({ home, chain, light })
    } finally {
      await store.close()
    }
  } finally {
    await release()
  }
}
