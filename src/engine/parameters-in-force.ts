import type { Application } from '../application/application.ts'
import { type ChainParameters, withChanges } from '../chain/changed-parameters.ts'
import type { Chain } from './chain.ts'

/**
 * The rules of the height being decided: the chain spec's, with what the state says that has changed. All nodes have the same state
 * before a height, and so the same rules for it; whoever joins by a snapshot too.
 */
export function createParametersInForce(options: {
  spec: ChainParameters
  application: Pick<Application, 'chainChanges'>
  chain: Pick<Chain, 'tip' | 'state'>
}): () => ChainParameters {
  const { spec, application, chain } = options
  let known: { readonly tip: unknown; readonly parameters: ChainParameters } | undefined
  return () => {
    if (!application.chainChanges) return spec
    const tip = chain.tip()
    if (known?.tip !== tip) known = { tip, parameters: withChanges(spec, application.chainChanges(chain.state.reader())) }
    return known.parameters
  }
}
