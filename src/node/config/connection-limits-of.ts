import type { ConnectionLimits } from '../../peers/connection-limits.ts'
import type { NodeConfig } from './node-config.ts'

/** What the settings say about who may be connected. */
export function connectionLimitsOf({ p2p, defence }: NodeConfig): ConnectionLimits {
  return {
    total: p2p.connections_max,
    outboundTarget: p2p.outbound_target,
    reserved: defence.reserved_slots,
    perHost: defence.per_ip_max,
    perSubnet: defence.per_subnet_max,
    perHostMinute: defence.per_ip_minute_max,
    handshakes: defence.handshakes_max,
    handshakesPerHost: defence.handshakes_per_ip_max,
  }
}
