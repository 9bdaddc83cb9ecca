/**
 * What a router does to the addresses of those behind it, in the words of RFC 4787:
 * - `full-cone`: endpoint-independent mapping and filtering, by a static mapping of every port to the first host behind it;
 * - `port-restricted`: endpoint-independent mapping (Linux keeps the port where it can), address and port-dependent filtering;
 * - `symmetric`: a port at random for each destination, and the same filtering.
 */
export type NatKind = 'full-cone' | 'port-restricted' | 'symmetric'

export const natKinds: readonly NatKind[] = ['full-cone', 'port-restricted', 'symmetric']

/** Names that a gateway's daemon is told, for the mappings it makes on demand. */
export const gatewayChains = { table: 'synod', forward: 'mapped', inward: 'map_inward', outward: 'map_outward' } as const

/**
 * The ruleset of a router between the interfaces `lan` and `wan`. What comes unasked is dropped before it leaves a trace in the table
 * of connections: else the packet that opens a hole would find its own port taken, and leave from another.
 */
export function natRules(kind: NatKind, firstHost: string): string {
  const { table, forward, inward, outward } = gatewayChains
  const everyPort = kind === 'full-cone' ? `iifname "wan" meta l4proto { tcp, udp } dnat ip to ${firstHost}` : ''
  const ports = kind === 'symmetric' ? ' random,fully-random' : ''
  return `
table inet ${table} {
  chain ${forward} { }
  chain ${inward} { }
  chain ${outward} { }
  chain prerouting { type nat hook prerouting priority dstnat; jump ${inward}; ${everyPort}; }
  chain postrouting { type nat hook postrouting priority srcnat; jump ${outward}; oifname "wan" masquerade${ports}; }
  chain input {
    type filter hook input priority filter; policy accept
    iifname "wan" ct state established,related accept
    iifname "wan" meta l4proto { tcp, udp } drop
  }
  chain forward {
    type filter hook forward priority filter; policy drop
    ct state established,related accept
    iifname "lan" accept
    ct status dnat accept
    jump ${forward}
  }
}`
}
