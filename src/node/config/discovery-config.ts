import { z } from 'zod'
import { seedName } from '../../chain/chain-spec.ts'
import { parseIp } from '../../peers/network-group.ts'

const resolverAddress = z
  .string()
  .refine(isSocketAddress, 'an IP address such as 192.0.2.53, 127.0.0.1:5353 or [2001:db8::53]:5353')

/** The table `[discovery]` of `node.toml`. */
export const discoveryConfigSchema = z
  .strictObject({
    dns_seeds: z
      .array(seedName)
      .max(16)
      .optional()
      .describe('DNS seeds to ask while there are too few peers. Left out: those of the chain spec. An empty list: none.'),
    resolvers: z
      .array(resolverAddress)
      .max(8)
      .default([])
      .describe('DNS servers to ask, each of them: IP addresses, with a port where it is not 53. An empty list: the system’s.'),
    dns_timeout_ms: z
      .int()
      .min(100)
      .max(60_000)
      .default(3000)
      .describe('How long a DNS question may take, all tries together, in milliseconds.'),
    peer_exchange: z
      .boolean()
      .default(true)
      .describe('Whether to ask peers for addresses of other nodes, to answer such questions, and to pass on what is new.'),
    private_addresses: z
      .boolean()
      .default(false)
      .describe(
        'Whether DNS seeds may name addresses of private networks and of this machine: for a network that is private as a whole.',
      ),
    dht: z
      .enum(['auto', 'server', 'client', 'off'])
      .default('auto')
      .describe(
        'Part in the directory of nodes: "server" answers questions, "client" only asks. "auto": answers while others can reach this node; off when it listens on this machine only.',
      ),
    mdns: z
      .enum(['auto', 'on', 'off'])
      .default('auto')
      .describe(
        'Whether to find nodes of the same chain on the local network by multicast DNS. "auto": unless it listens on this machine only.',
      ),
  })
  .prefault({})
  .describe('How other nodes are found.')

function isSocketAddress(text: string): boolean {
  const [, bracketed, ported, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::([1-9]\d{0,4}))?$/.exec(text) ?? []
  return parseIp(bracketed ?? ported ?? text) !== undefined && Number(port ?? 53) <= 65_535
}
