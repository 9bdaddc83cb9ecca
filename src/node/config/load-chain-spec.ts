import type { ChainSpec } from '../../chain/chain-spec.ts'
import { parseChainSpec } from '../../chain/parse-chain-spec.ts'
import { orThrow } from './config-error.ts'
import { readConfigFile } from './read-config-file.ts'

/** Reads a chain spec alone, whatever application it names. Throws CONFIG_FILE_MISSING or a `ConfigError`. */
export async function loadChainSpec(path: string): Promise<ChainSpec> {
  return orThrow(parseChainSpec(await readConfigFile(path), path))
}
