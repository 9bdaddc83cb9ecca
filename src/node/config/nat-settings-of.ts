import type { NatSettings } from '../start-node.ts'
import type { NodeConfig } from './node-config.ts'

export function natSettingsOf({ nat }: NodeConfig): NatSettings {
  return { autonat: nat.autonat, upnp: nat.upnp, stunServers: nat.stun_servers }
}
