import type { Application } from '../../application/application.ts'
import { type ChainSpec, chainIdOf } from '../../chain/chain-spec.ts'
import type { ChainId } from '../../chain/identifiers.ts'
import { parseChainSpec } from '../../chain/parse-chain-spec.ts'
import type { Checked } from '../../settings/setting-fault.ts'
import { parseToml } from '../../settings/toml-document.ts'
import { applicationOf } from './application-of.ts'
import { orThrow } from './config-error.ts'
import { readConfigFile } from './read-config-file.ts'

export interface LoadedChain {
  readonly spec: ChainSpec
  readonly chainId: ChainId
  readonly application: Application
}

/** Reads a chain spec and makes its application. Throws CONFIG_FILE_MISSING or a `ConfigError`. */
export async function loadChain(path: string): Promise<LoadedChain> {
  return orThrow(readChain(await readConfigFile(path), path))
}

export function readChain(text: string, where: string): Checked<LoadedChain> {
  const spec = parseChainSpec(text, where)
  if (!spec.ok) return spec
  const document = parseToml(text, where)
  if (!document.ok) return document
  const application = applicationOf(spec.value, (path) => `${where}:${document.value.lineOf(path)}`)
  if (!application.ok) return application
  return { ok: true, value: { spec: spec.value, chainId: chainIdOf(spec.value), application: application.value } }
}
