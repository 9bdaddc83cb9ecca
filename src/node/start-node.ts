import { createDnsResolver } from '../adapters/dns/dns-resolver.ts'
import type { CoverSettings } from '../adapters/libp2p/cover.ts'
import { createLibp2pNetwork, type Security } from '../adapters/libp2p/libp2p-network.ts'
import type { TransportKind } from '../adapters/libp2p/transports.ts'
import type { UploadCeilings } from '../adapters/libp2p/upload-shaper.ts'
import { createMdnsNeighbourhood } from '../adapters/mdns/mdns-neighbourhood.ts'
import { createNatExplorer } from '../adapters/nat/nat-explorer.ts'
import { createUpnpGateway } from '../adapters/nat/upnp-gateway.ts'
import { createSystemClock } from '../adapters/system/system-clock.ts'
import { systemEntropy } from '../adapters/system/system-entropy.ts'
import { createSystemIdentity } from '../adapters/system/system-identity.ts'
import { createSystemVerifier } from '../adapters/system/system-verifier.ts'
import { createSystemVitals } from '../adapters/system/system-vitals.ts'
import type { Application } from '../application/application.ts'
import { type ChainSpec, chainIdOf } from '../chain/chain-spec.ts'
import { compressionDictionaries } from '../chain/compression-dictionaries.ts'
import { ed25519Keypair } from '../crypto/ed25519.ts'
import { assemble } from '../engine/assemble.ts'
import type { DirectorySettings } from '../engine/directory.ts'
import type { DnsSeedSettings } from '../engine/dns-seeds.ts'
import type { Ports } from '../engine/ports.ts'
import type { RelaySettings } from '../engine/relay-desk.ts'
import type { AccessSettings } from '../engine/reputation.ts'
import type { SnapshotSettings, StateSyncSettings } from '../engine/snapshot-settings.ts'
import type { SynodNode } from '../engine/synod-node.ts'
import { defaultBatchPoolLimits } from '../mempool/batch-pool.ts'
import type { MempoolLimits } from '../mempool/mempool-limits.ts'
import type { BudgetLimits } from '../peers/budget-policy.ts'
import { type ConnectionLimits, defaultConnectionLimits } from '../peers/connection-limits.ts'
import type { ResourceLimits } from '../peers/resource-manager.ts'
import type { Resolver } from '../ports/resolver.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import { type Bytes, toHex } from '../primitives/bytes.ts'
import { openDataDirectory } from './data-directory.ts'
import { createLocalSigner, type HeldSigner } from './local-signer.ts'

/** Everything a node needs to run on this machine: what the configuration says, with the keys opened. */
export interface StartNodeOptions {
  readonly dataDirectory: string
  readonly spec: ChainSpec
  readonly application: Application
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[]
  /** Multiaddrs of the peers to keep connected to. */
  readonly peers: readonly string[]
  /** Where peers are found when none are known. Left out: nowhere. */
  readonly dns?: DnsSettings
  /** Whether addresses are told to peers, and taken from them; so unless given. */
  readonly peerExchange?: boolean
  /** Part in the directory of nodes; none unless given. */
  readonly directory?: DirectorySettings | undefined
  /** Whether to look for nodes on the local network. */
  readonly mdns?: boolean
  /** Left out: nothing but the sockets tells. */
  readonly nat?: NatSettings
  readonly security: readonly Security[]
  readonly requireHybrid: boolean
  /** What may be listened on and dialled, the preferred first. */
  readonly transports: readonly TransportKind[]
  /** The local IP address to dial from. */
  readonly dialFrom?: string
  /** Whether bulk is compressed, and taken so; so unless given. */
  readonly compresses?: boolean
  /** Ceilings on what is sent, votes apart. Left out: none. */
  readonly upload?: UploadCeilings
  /** Against who watches the encrypted bytes. Left out: nothing is done. */
  readonly cover?: CoverSettings
  /** 32 bytes: the seed of the key that an account with stake has delegated to this node. */
  readonly networkKeySeed?: Bytes | undefined
  /** PEM texts, for `wss`. */
  readonly webSocketCertificate?: { readonly cert: string; readonly key: string }
  /** 32 bytes: the Ed25519 seed of the node's network identity. */
  readonly peerKeySeed: Bytes
  /** 32 bytes: the seed of the validator's BLS key. Absent, as `signer` is: the node only follows. */
  readonly validatorKeySeed?: Bytes | undefined
  /** Who holds the validator's keys, instead of that. Stopped along with the node. */
  readonly signer?: HeldSigner | undefined
  readonly mempool: MempoolLimits
  readonly connections?: ConnectionLimits
  readonly access?: AccessSettings
  /** How this node is reached behind a NAT, and what it does for others there. Left out: nothing. */
  readonly relays?: RelaySettings & { readonly stunServers: readonly string[] }
  /** What a connected peer may cost, and what strains the node; the defaults unless given. */
  readonly budgets?: BudgetLimits
  readonly resources?: ResourceLimits
  /** What the process may hold in memory; half of the machine's unless given. */
  readonly memoryBytesMax?: number
  readonly stateVersionsKept: number
  /** How many of the newest blocks stay; all of them unless given. */
  readonly blocksRetained?: number
  /** States kept for others to begin with, and the one to begin with; neither unless given. */
  readonly snapshots?: SnapshotSettings
  readonly stateSync?: StateSyncSettings | undefined
  /** So many blocks behind its peers it takes blocks from them at once; a few unless given. */
  readonly lagBlocks?: number
  readonly doppelgangerWaitMs: number
  /** Threads that check signatures; absent: as many as pay on this machine. */
  readonly verifierWorkers?: number
  readonly telemetry: Telemetry
  readonly agent: string
  /** Sightings of messages that are kept for tracing; 0: none. */
  readonly traceMessages: number
  /** The newest version of the node-to-node protocol it speaks; the newest there is unless given. */
  readonly protocolVersionMax?: number
}

/** How this node finds out where it can be reached. */
export interface NatSettings {
  readonly autonat: boolean
  readonly upnp: boolean
  readonly upnpLeaseSeconds: number
  readonly stunServers: readonly string[]
}

/** DNS seeds, and the servers that are asked about them: none named is the system's. */
export interface DnsSettings extends DnsSeedSettings {
  readonly resolvers: readonly string[]
  readonly timeoutMs: number
}

export interface RunningNode {
  readonly node: SynodNode
  /** Stops, and resolves when everything is on disk and every lock is free. */
  stop(): Promise<void>
}

/** Opens the data directory, the keys and the network, and assembles the node on the real ports; undone in reverse where one fails. */
export async function startNode(options: StartNodeOptions): Promise<RunningNode> {
  const { dataDirectory, spec, telemetry, validatorKeySeed, connections = defaultConnectionLimits } = options
  const undo: (() => Promise<void> | void)[] = []
  const stop = async (): Promise<void> => {
    for (let last = undo.pop(); last; last = undo.pop()) await last()
  }
  try {
    const { disk, release } = await openDataDirectory(dataDirectory, telemetry)
    undo.push(release)
    const signer = options.signer ?? (validatorKeySeed && createLocalSigner(async () => [validatorKeySeed]))
    if (signer) {
      undo.push(() => signer.stop())
      // Whether another process signs with the same key shows before anything of this one does.
      if (!signer.open) await signer.keys()
    }
    const verifier = createSystemVerifier({
      ...(options.verifierWorkers !== undefined && { workers: options.verifierWorkers }),
      onWorkerLost: (error) => telemetry.log('warn', 'a verification thread ended', { error: error.message }),
    })
    undo.push(() => verifier.stop())
    const network = await createLibp2pNetwork({
      privateKeySeed: options.peerKeySeed,
      listen: options.listen,
      security: options.security,
      requireHybrid: options.requireHybrid,
      transports: options.transports,
      ...(options.dialFrom !== undefined && { dialFrom: options.dialFrom }),
      ...(options.compresses !== undefined && { compresses: options.compresses }),
      ...(options.upload && { upload: options.upload }),
      ...(options.cover && { cover: options.cover }),
      ...(options.relays && { stunServers: options.relays.stunServers }),
      ...(options.webSocketCertificate && { webSocketCertificate: options.webSocketCertificate }),
      chainTag: toHex(chainIdOf(spec)).slice(0, 16),
      dictionaries: compressionDictionaries(chainIdOf(spec)),
      limits: { connectionsMax: 2 * connections.total, handshakesMax: 2 * connections.handshakes },
    })
    const ports = {
      clock: createSystemClock(),
      entropy: systemEntropy,
      disk,
      network,
      verifier,
      telemetry,
      identity: createSystemIdentity(options.peerKeySeed),
      vitals: createSystemVitals(options.memoryBytesMax),
      ...(options.dns && { resolvers: createResolvers(options.dns) }),
      ...(options.mdns && { neighbourhood: createMdnsNeighbourhood({ chainTag: toHex(chainIdOf(spec)) }) }),
      ...(options.nat && natPorts(options.nat)),
      ...(signer && { signer }),
    }
    const node = await assemble(ports, {
      spec,
      application: options.application,
      peers: options.peers,
      transports: options.transports,
      peerExchange: options.peerExchange ?? true,
      ...(options.dns && { dnsSeeds: options.dns }),
      directory: options.directory,
      ...(options.relays && { relays: options.relays }),
      ...(options.nat && { autonat: options.nat.autonat, portLeaseSeconds: options.nat.upnpLeaseSeconds }),
      mempool: options.mempool,
      batchPool: defaultBatchPoolLimits,
      connections,
      ...(options.budgets && { budgets: options.budgets }),
      ...(options.resources && { resources: options.resources }),
      access: options.access ?? { allow: [], deny: [] },
      ...keepingOf(options),
      doppelgangerWaitMs: options.doppelgangerWaitMs,
      agent: options.agent,
      networkKey: options.networkKeySeed && ed25519Keypair(options.networkKeySeed),
      traceMessages: options.traceMessages,
      ...(options.protocolVersionMax !== undefined && { protocolVersionMax: options.protocolVersionMax }),
    })
    undo.push(() => node.stop())
    return { node, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** What of the chain stays on disk, and how it is fetched. */
function keepingOf({ stateVersionsKept, blocksRetained, snapshots, stateSync, lagBlocks }: StartNodeOptions) {
  const chosen = { ...(snapshots && { snapshots }), ...(lagBlocks !== undefined && { lagBlocks }) }
  return { stateVersionsKept, blocksRetained, stateSync, ...chosen }
}

function createResolvers({ resolvers, timeoutMs }: DnsSettings): readonly Resolver[] {
  if (resolvers.length === 0) return [createDnsResolver({ timeoutMs })]
  return resolvers.map((server) => createDnsResolver({ server, timeoutMs }))
}

function natPorts({ upnp, stunServers: servers }: NatSettings): Pick<Ports, 'gateway' | 'stun'> {
  const clock = createSystemClock()
  return {
    ...(upnp && { gateway: createUpnpGateway({ clock }) }),
    ...(servers.length > 0 && { stun: createNatExplorer({ servers, clock, entropy: systemEntropy }) }),
  }
}
