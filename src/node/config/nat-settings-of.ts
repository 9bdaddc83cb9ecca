import type { NatSettings } from '../start-node.ts'
import type { NodeConfig } from './node-config.ts'

export function natSettingsOf({ nat }: NodeConfig): NatSettings {
  return { autonat: nat.autonat, upnp: nat.upnp, upnpLeaseSeconds: nat.upnp_lease_seconds, stunServers: nat.stun_servers }
}
