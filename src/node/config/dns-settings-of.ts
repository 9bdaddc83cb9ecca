import type { ChainSpec } from '../../chain/chain-spec.ts'
import type { DnsSettings } from '../start-node.ts'
import type { NodeConfig } from './node-config.ts'

/** DNS seeds as the operator says, or else as the chain does. */
export function dnsSettingsOf({ discovery }: NodeConfig, { chain }: ChainSpec): DnsSettings {
  return {
    seeds: discovery.dns_seeds ?? chain.dns_seeds,
    resolvers: discovery.resolvers,
    timeoutMs: discovery.dns_timeout_ms,
    allowsPrivate: discovery.private_addresses,
  }
}
