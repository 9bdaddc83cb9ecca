import type { DirectorySettings } from '../../engine/directory.ts'
import { readDialTarget } from '../../peers/dial-target.ts'
import { reachOf } from '../../peers/network-group.ts'
import type { NodeConfig } from './node-config.ts'

/** Whether, and how, a node takes part in the directory and looks around the local network. A network within one machine needs neither. */
export function findingSettingsOf(
  { discovery }: Pick<NodeConfig, 'discovery'>,
  listen: readonly string[],
): { readonly directory: DirectorySettings | undefined; readonly mdns: boolean } {
  const isLocal = listen.length > 0 && listen.every((address) => reachOf(readDialTarget(address).host) === 'machine')
  const { dht, mdns } = discovery
  const isOff = dht === 'off' || (dht === 'auto' && isLocal)
  return { directory: isOff ? undefined : { mode: dht }, mdns: mdns === 'on' || (mdns === 'auto' && !isLocal) }
}
