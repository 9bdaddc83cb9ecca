import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { loadNodeConfig } from '../../node/config/load-node-config.ts'
import { homeFiles } from '../../node/config/node-home.ts'
import type { Console } from './command.ts'
import { homeOf } from './shared-options.ts'

const standard = 'http://127.0.0.1:26610'

/** Which node to ask: the one that is named, the environment's, or that of the home there is. */
export async function apiAddress(
  options: { readonly api: string | undefined; readonly home?: string | undefined },
  console: Console,
): Promise<string> {
  const given = options.api ?? console.environment['SYNOD_API']
  if (given !== undefined) return given.includes('://') ? given : `http://${given}`
  const home = homeOf(options.home, console)
  const exists = await access(join(home, homeFiles.node)).then(
    () => true,
    () => false,
  )
  if (!exists) return standard
  return urlOfApi((await loadNodeConfig({ home, environment: console.environment })).config.api)
}

/** Where a node with this setting is asked from the same machine. */
export function urlOfApi(api: { readonly host: string; readonly port: number }): string {
  const host = api.host === '0.0.0.0' ? '127.0.0.1' : api.host === '::' ? '::1' : api.host
  return `http://${host.includes(':') ? `[${host}]` : host}:${api.port}`
}
