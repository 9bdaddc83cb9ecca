import { z } from 'zod'
import { parseTarget } from '../../peers/access-list.ts'
import { discoveryConfigSchema } from './discovery-config.ts'
import { multiaddr } from './multiaddr-setting.ts'
import { natTable } from './nat-table.ts'
import { signerTable } from './signer-table.ts'
import { stateTable } from './state-table.ts'

/**
 * What the operator of one node decides, as `node.toml` states it: nothing in it has to be the same on two nodes. One strict schema
 * gives the type, the defaults, the commented template, the JSON Schema, the reference, `--set` and the environment's SYNOD_ names.
 */

/** Hours of a quiet chain, a few seconds of transactions under full load, and about six megabytes. */
export const standardTraceMessages = 32_768

const accessTarget = z
  .string()
  .refine((text) => parseTarget(text) !== undefined, 'a peer id, an IP address, or a block such as 203.0.113.0/24')

const perMinute = z.union([z.literal('auto'), z.int().min(60).max(1_000_000_000)]).default('auto')

export const nodeConfigSchema = z.strictObject({
  node: z
    .strictObject({
      data_dir: z
        .string()
        .min(1)
        .default('data')
        .describe('Where blocks and state are kept. Relative paths start at the home directory.'),
      chain_file: z.string().min(1).default('chain.toml').describe('The chain spec. Relative paths start at the home directory.'),
      keys_dir: z
        .string()
        .min(1)
        .default('keys')
        .describe('Where the sealed keys are. Relative paths start at the home directory.'),
      application: z
        .string()
        .min(1)
        .optional()
        .describe(
          'Module of the chain’s own state machine: a .ts or .js file that exports `application`. Relative paths start at the home directory. Left out: the chain runs one that comes with Synod.',
        ),
      validate: z.boolean().default(true).describe('Whether to vote, when the keys directory has a validator key.'),
      doppelganger_wait_ms: z
        .int()
        .min(0)
        .max(3_600_000)
        .default(10_000)
        .describe(
          'How long a starting validator listens for a double with its own key before it signs. 0 trusts that there is none.',
        ),
      state_versions_kept: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(100)
        .describe('How many blocks back the state can be read, proved and rolled back to.'),
      retain_blocks: z
        .union([z.literal('all'), z.int().min(100).max(1_000_000_000)])
        .default('all')
        .describe(
          'How many of the newest blocks are kept; older ones are dropped and their space given back. "all": none is, which makes an archive.',
        ),
      rollback_blocks_max: z
        .int()
        .min(1)
        .max(1_000)
        .default(100)
        .describe('How many blocks `synod rollback` may take back. So many states are kept in any case, and one more.'),
      sync_lag_blocks: z
        .int()
        .min(1)
        .max(100_000)
        .default(10)
        .describe(
          'So many blocks behind its peers the node takes blocks from them at once; fewer behind, only when consensus does not come along.',
        ),
      verifier_workers: z
        .union([z.literal('auto'), z.int().min(0).max(64)])
        .default('auto')
        .describe('Threads that check signatures. "auto": half as many as there are cores, four at most.'),
      time_servers: z
        .array(
          z
            .string()
            .regex(
              /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+)(:[0-9]{1,5})?$/,
              'a name or an IP address, with a port where it is not 123',
            ),
        )
        .max(8)
        .default([])
        .describe('SNTP servers with which `synod doctor` compares this machine’s clock. The node itself asks none.'),
      trace_messages: z
        .int()
        .min(0)
        .max(10_000_000)
        .default(standardTraceMessages)
        .describe(
          'How many sightings of transactions are remembered for `synod trace`, and as many of batches and blocks, about 90 bytes each. 0: none.',
        ),
    })
    .prefault({})
    .describe('The node itself.'),
  p2p: z
    .strictObject({
      listen: z
        .array(multiaddr)
        .max(16)
        .optional()
        .describe('Addresses to listen on. Left out: every IPv4 interface, on the chain’s port. An empty list: none.'),
      peers: z.array(multiaddr).max(1024).default([]).describe('Peers to keep a connection to.'),
      connections_max: z
        .int()
        .min(2)
        .max(65_536)
        .default(125)
        .describe('Most connections to other nodes, those made by dialling and those that came in together.'),
      outbound_target: z
        .int()
        .min(0)
        .max(1024)
        .default(8)
        .describe('How many connections to keep by dialling; `peers` are dialled beyond it too. 0: only `peers` are.'),
      security: z
        .array(z.enum(['tls', 'noise']))
        .min(1)
        .max(2)
        .default(['tls', 'noise'])
        .describe('What may protect a connection, the preferred first.'),
      require_hybrid: z
        .boolean()
        .default(false)
        .describe(
          'Whether every connection must use the post-quantum hybrid key exchange X25519MLKEM768, which only TLS offers. QUIC and WebRTC are then off: they cannot prove it.',
        ),
      transports: z
        .array(z.enum(['tcp', 'quic', 'ws', 'wss', 'webrtc']))
        .min(1)
        .max(5)
        .default(['tcp', 'quic', 'ws', 'wss', 'webrtc'])
        .describe('What may be listened on and dialled, the preferred first where a peer has several addresses.'),
      compression: z
        .boolean()
        .default(true)
        .describe('Whether batches, blocks and lists above 1 KB are compressed with zstd where it helps, and taken so.'),
      upload_max: z
        .int()
        .min(0)
        .max(100_000_000_000)
        .default(0)
        .describe('Most bytes a second to send to all peers together, votes apart. 0: what the links carry.'),
      upload_per_peer_max: z
        .int()
        .min(0)
        .max(100_000_000_000)
        .default(0)
        .describe('Most bytes a second to send to one peer, votes apart. 0: what its link carries.'),
      upload_answers_share: z
        .number()
        .min(0.01)
        .max(1)
        .default(1)
        .describe('The part of upload_max that answers to requests may take. 1: all of it, when nothing else is to be sent.'),
      padding: z
        .enum(['off', 'buckets'])
        .default('off')
        .describe(
          'Against who watches the encrypted bytes: "buckets" fills what is sent up to powers of two from 256 bytes to 128 KiB.',
        ),
      send_delay_max_ms: z
        .int()
        .min(0)
        .max(10_000)
        .default(0)
        .describe('The most that what is sent waits, a random while each time, in milliseconds; consensus does not. 0: none.'),
      send_delay_consensus: z
        .boolean()
        .default(false)
        .describe('Whether consensus messages and evidence wait too, which makes each round longer.'),
      cover_bytes_per_second: z
        .int()
        .min(0)
        .max(262_144)
        .default(0)
        .describe('Bytes a second that mean nothing, sent at random to each peer while there is nothing else to send. 0: none.'),
      dial_from: z
        .union([z.ipv4(), z.ipv6()])
        .optional()
        .describe(
          'The local IP address to dial from. Over QUIC and WebRTC, which cannot be told one, nothing is dialled then. Left out: the system chooses.',
        ),
      network_key: z
        .string()
        .regex(/^[a-z0-9][a-z0-9_-]{0,47}$/, 'the name of a key: lower-case letters, digits, - and _')
        .optional()
        .describe(
          'Name of the key, among the account keys of this home, that an account with stake has delegated with `synod tx delegate`. Left out: the node speaks for nobody.',
        ),
      wss_certificate: z
        .string()
        .min(1)
        .optional()
        .describe('File with the certificate chain for wss, in PEM form. Relative paths start at the home directory.'),
      wss_key: z
        .string()
        .min(1)
        .optional()
        .describe('File with the private key of wss_certificate, in PEM form. Relative paths start at the home directory.'),
    })
    .prefault({})
    .describe('The network of nodes.'),
  nat: natTable,
  state: stateTable,
  signer: signerTable,
  defence: z
    .strictObject({
      allow: z
        .array(accessTarget)
        .max(1024)
        .default([])
        .describe('Peer ids, IP addresses and CIDR blocks that are let in whatever they do, past limits and bans.'),
      deny: z.array(accessTarget).max(1024).default([]).describe('Peer ids, IP addresses and CIDR blocks that are kept out.'),
      per_ip_max: z.int().min(1).max(65_536).default(3).describe('Most inbound connections from one IP address.'),
      per_subnet_max: z
        .int()
        .min(1)
        .max(65_536)
        .default(10)
        .describe('Most inbound connections from one subnet: a /24 of IPv4, a /48 of IPv6.'),
      per_ip_minute_max: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(30)
        .describe('Most new inbound connections a minute from one IP address.'),
      handshakes_max: z
        .int()
        .min(1)
        .max(65_536)
        .default(64)
        .describe('Most inbound connections of which it is not known yet who is behind them.'),
      handshakes_per_ip_max: z.int().min(1).max(65_536).default(3).describe('The same from one IP address.'),
      control_per_minute: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(100)
        .describe(
          'Messages a minute that one peer may send of each kind of which there is little to say: peer lists, statuses, evidence.',
        ),
      consensus_per_minute: perMinute.describe(
        'Consensus messages a minute of one peer. "auto": twice what a validator at full speed sends on this chain.',
      ),
      batches_per_minute: perMinute.describe('The same for batches and their announcements.'),
      requests_per_minute: perMinute.describe('Requests a minute of one peer for batches, and as many for blocks.'),
      bytes_per_minute: z
        .int()
        .min(16_777_216)
        .max(1_000_000_000_000)
        .default(4_026_531_840)
        .describe('Bytes a minute of batches from one peer, and as many of answers to it.'),
      all_peers_factor: z
        .int()
        .min(1)
        .max(10_000)
        .default(8)
        .describe('How many peers at full speed all peers together may amount to.'),
      lag_ms_max: z
        .int()
        .min(20)
        .max(60_000)
        .default(500)
        .describe('How late the event loop may be before the node gives up what is least useful, in milliseconds.'),
      memory_max_mb: z
        .union([z.literal('auto'), z.int().min(128).max(1_048_576)])
        .default('auto')
        .describe('Memory the node may hold, in MiB; near it, it gives up what is least useful. "auto": half of the machine’s.'),
      reserved_slots: z
        .int()
        .min(0)
        .max(65_536)
        .default(16)
        .describe('Inbound connections that only peers with stake and allowed ones may have.'),
    })
    .prefault({})
    .describe('What strangers on the network may do. The limits hold for loopback addresses as for all others.'),
  discovery: discoveryConfigSchema,
  api: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Whether to serve the HTTP API.'),
      host: z
        .string()
        .min(1)
        .default('127.0.0.1')
        .describe(
          'Interface to serve it on. It knows no password but the operator’s token, and no encryption: open it to a network on purpose only.',
        ),
      port: z.int().min(0).max(65_535).default(26_610).describe('Port to serve it on. 0: any free one.'),
      per_ip_requests_second: z
        .int()
        .min(1)
        .max(10_000_000)
        .default(2000)
        .describe(
          'Requests a second that one address may send; two seconds of them may come at once. Behind a proxy all come from one address.',
        ),
      per_ip_inflight_max: z
        .int()
        .min(1)
        .max(65_536)
        .default(256)
        .describe('Requests of one address that are answered at a time.'),
      inflight_max: z.int().min(1).max(65_536).default(1024).describe('Requests of all addresses that are answered at a time.'),
      per_ip_streams_max: z.int().min(1).max(65_536).default(32).describe('Streams of live events that one address may have.'),
    })
    .prefault({})
    .describe('The HTTP API, its live events and the metrics.'),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('The least severe line that is written.'),
      format: z.enum(['auto', 'text', 'json']).default('auto').describe('"auto": text on a terminal, JSON elsewhere.'),
    })
    .prefault({})
    .describe('The log, on standard error.'),
  mempool: z
    .strictObject({
      transactions_max: z.int().min(1).max(10_000_000).default(50_000).describe('Most transactions that wait.'),
      bytes_max: z.int().min(65_536).max(8_589_934_592).default(33_554_432).describe('Most bytes of waiting transactions.'),
      per_sender_max: z.int().min(1).max(1_000_000).default(4096).describe('Most transactions of one sender that wait.'),
      per_peer_max: z.int().min(1).max(10_000_000).default(25_000).describe('Most waiting transactions that one peer brought.'),
      recent_max: z
        .int()
        .min(0)
        .max(10_000_000)
        .default(100_000)
        .describe('How many ids of recent blocks’ transactions are remembered.'),
    })
    .prefault({})
    .describe('Transactions on their way into a block.'),
})

/** A node's configuration: complete, consistent and frozen. */
export type NodeConfig = DeepReadonly<z.output<typeof nodeConfigSchema>>

type DeepReadonly<T> = { readonly [K in keyof T]: T[K] extends object ? DeepReadonly<T[K]> : T[K] }
