import { resolve } from 'node:path'
import { validatorSet } from '../../chain/validator-set.ts'
import type { Trust } from '../../client/verify.ts'
import { type LoadedChain, loadChain } from '../../node/config/load-chain.ts'
import { loadNodeConfig } from '../../node/config/load-node-config.ts'
import type { Console } from '../frame/command.ts'
import { homeOf } from '../frame/shared-options.ts'

/** The chain as this machine knows it, whatever a node says: its id, and the validators it began with. */
export async function trustedChain(
  options: { readonly home: string | undefined; readonly chain: string | undefined },
  console: Console,
): Promise<LoadedChain & { readonly trust: Trust }> {
  const chain = await loadChain(await chainFile(options, console))
  return { ...chain, trust: { chainId: chain.chainId, validators: validatorSet(chain.spec.validators) } }
}

async function chainFile(
  options: { readonly home: string | undefined; readonly chain: string | undefined },
  console: Console,
): Promise<string> {
  if (options.chain !== undefined) return resolve(console.workingDirectory, options.chain)
  const home = homeOf(options.home, console)
  return (await loadNodeConfig({ home, environment: console.environment })).chainFile
}
