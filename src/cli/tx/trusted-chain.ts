import { resolve } from 'node:path'
import { type ChainSpec, chainIdOf } from '../../chain/chain-spec.ts'
import { validatorSet } from '../../chain/validator-set.ts'
import type { Trust } from '../../client/follow-chain.ts'
import { loadChainSpec } from '../../node/config/load-chain-spec.ts'
import { loadNodeConfig } from '../../node/config/load-node-config.ts'
import type { Console } from '../frame/command.ts'
import { homeOf } from '../frame/shared-options.ts'

interface ChainOptions {
  readonly home: string | undefined
  /** A chain spec that is trusted in the place of the home's. */
  readonly chain: string | undefined
}

/** What a command is given that asks a node of one thing, and believes it as far as the chain proves it. */
export interface ChainQuestion {
  readonly console: Console
  readonly arguments: readonly string[]
  readonly options: ChainOptions & { readonly api: string | undefined; readonly json: boolean }
}

/** The chain as this machine knows it, whatever a node says: its spec, its id, and the validators it began with. */
export async function trustedChain(
  options: ChainOptions,
  console: Console,
): Promise<{ readonly spec: ChainSpec; readonly trust: Trust }> {
  const spec = await loadChainSpec(await chainFile(options, console))
  const { genesis_time: genesisTime } = spec.chain
  return { spec, trust: { chainId: chainIdOf(spec), validators: validatorSet(spec.validators), genesisTime } }
}

async function chainFile(options: ChainOptions, console: Console): Promise<string> {
  if (options.chain !== undefined) return resolve(console.workingDirectory, options.chain)
  const home = homeOf(options.home, console)
  return (await loadNodeConfig({ home, environment: console.environment })).chainFile
}
