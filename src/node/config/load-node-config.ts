import { isAbsolute, join } from 'node:path'
import { orThrow } from './config-error.ts'
import { readConfigFile } from './read-config-file.ts'
import { type ResolvedNodeConfig, resolveNodeConfig } from './resolve-node-config.ts'

/** A node's home on this machine: `node.toml`, and what it names, found. */
export interface NodeHome extends ResolvedNodeConfig {
  readonly home: string
  readonly dataDirectory: string
  readonly chainFile: string
  readonly keysDirectory: string
  /** Module of the chain's own application; `undefined`: the chain runs one that comes with Synod. */
  readonly applicationModule: string | undefined
  /** Paths of the PEM files for `wss`. */
  readonly webSocketCertificate: { readonly cert: string; readonly key: string } | undefined
}

export interface NodeHomeOptions {
  readonly home: string
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** `p2p.peers=…`, stronger than the file and the environment. */
  readonly overrides?: readonly string[]
}

/** Reads `node.toml` of a home. Throws CONFIG_FILE_MISSING or a `ConfigError`. */
export async function loadNodeConfig({ home, environment = {}, overrides = [] }: NodeHomeOptions): Promise<NodeHome> {
  const where = join(home, 'node.toml')
  const text = await readConfigFile(where)
  const resolved = orThrow(resolveNodeConfig({ file: { text, where }, environment, overrides }))
  const inHome = (path: string) => (isAbsolute(path) ? path : join(home, path))
  const { data_dir, chain_file, keys_dir, application } = resolved.config.node
  const { wss_certificate, wss_key } = resolved.config.p2p
  return {
    ...resolved,
    home,
    dataDirectory: inHome(data_dir),
    chainFile: inHome(chain_file),
    keysDirectory: inHome(keys_dir),
    applicationModule: application === undefined ? undefined : inHome(application),
    webSocketCertificate: wss_certificate && wss_key ? { cert: inHome(wss_certificate), key: inHome(wss_key) } : undefined,
  }
}
