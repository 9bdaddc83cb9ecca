import { z } from 'zod'
import { multiaddr } from './multiaddr-setting.ts'

/** The part of `node.toml` on NATs and relays. */
export const natTable = z
  .strictObject({
    autonat: z
      .boolean()
      .default(true)
      .describe('Whether to have the addresses of this node tried by other nodes, and to try theirs.'),
    upnp: z
      .boolean()
      .default(true)
      .describe('Whether to ask the router to forward the ports this node listens on, where its address is a private one.'),
    upnp_lease_seconds: z
      .int()
      .min(30)
      .max(604_800)
      .default(3600)
      .describe('For how long the router is asked to do so, in seconds. It is asked again when a third of that is over.'),
    stun_servers: z
      .array(z.string().regex(/^[^\s:/]+:[0-9]{1,5}$/, 'host and port, such as stun.example.org:3478'))
      .max(4)
      .default([])
      .describe(
        'STUN servers, which tell a node how it is seen from outside: two nodes behind NATs need that to connect directly. Name three, so that one that lies is outvoted.',
      ),
    relay_client: z
      .enum(['auto', 'on', 'off'])
      .default('auto')
      .describe('Whether other nodes lead strangers here. "auto": when this node learns that it cannot be reached from outside.'),
    relays: z
      .array(multiaddr)
      .max(16)
      .default([])
      .describe('Nodes to ask for that before all others, each with its peer id. The node keeps connections to them.'),
    relay_server: z
      .enum(['auto', 'on', 'off'])
      .default('auto')
      .describe(
        'Whether to lead others to nodes that cannot be reached. "auto": when this node learns that it can be reached itself.',
      ),
    relay_reservations_max: z.int().min(1).max(65_536).default(64).describe('Most nodes that others are led to.'),
    relay_reservations_per_ip: z.int().min(1).max(65_536).default(4).describe('The same behind one IP address.'),
    relay_connections_max: z.int().min(1).max(65_536).default(128).describe('Most connections led through this node.'),
    relay_connections_per_peer: z.int().min(1).max(24).default(12).describe('The same with one peer at either end.'),
    relay_bytes_per_second: z
      .int()
      .min(16_384)
      .max(1_000_000_000)
      .default(1_048_576)
      .describe('Bytes a second in each direction of such a connection; what is beyond waits.'),
    relay_connection_minutes: z
      .int()
      .min(1)
      .max(43_200)
      .default(360)
      .describe('How long one of them may last, in minutes; then its ends make a new one.'),
  })
  .prefault({})
  .describe('Nodes behind NATs, and what others do for them.')
