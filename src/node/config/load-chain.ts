import type { Application } from '../../application/application.ts'
import { type ChainSpec, chainIdOf } from '../../chain/chain-spec.ts'
import type { ChainId } from '../../chain/identifiers.ts'
import { parseChainSpec } from '../../chain/parse-chain-spec.ts'
import type { Checked } from '../../settings/setting-fault.ts'
import { parseToml } from '../../settings/toml-document.ts'
import { type ApplicationMaker, loadApplicationModule } from './application-module.ts'
import { applicationOf } from './application-of.ts'
import { orThrow } from './config-error.ts'
import { readConfigFile } from './read-config-file.ts'

export interface LoadedChain {
  readonly spec: ChainSpec
  readonly chainId: ChainId
  readonly application: Application
}

/**
 * Reads a chain spec and makes its application, from the module of its own that the node may have. Throws CONFIG_FILE_MISSING,
 * APPLICATION_MODULE_INVALID or a `ConfigError`.
 */
export async function loadChain(node: {
  readonly chainFile: string
  readonly applicationModule?: string | undefined
}): Promise<LoadedChain> {
  const { chainFile, applicationModule } = node
  const text = await readConfigFile(chainFile)
  const own = applicationModule === undefined ? undefined : await loadApplicationModule(applicationModule)
  return orThrow(readChain(text, chainFile, own))
}

export function readChain(text: string, where: string, own?: ApplicationMaker): Checked<LoadedChain> {
  const spec = parseChainSpec(text, where)
  if (!spec.ok) return spec
  const document = parseToml(text, where)
  if (!document.ok) return document
  const application = applicationOf(spec.value, (path) => `${where}:${document.value.lineOf(path)}`, own)
  if (!application.ok) return application
  return { ok: true, value: { spec: spec.value, chainId: chainIdOf(spec.value), application: application.value } }
}
