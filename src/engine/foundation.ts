import type { Application } from '../application/application.ts'
import { type ChainSpec, chainIdOf, parametersHash } from '../chain/chain-spec.ts'
import type { ChainParameters } from '../chain/changed-parameters.ts'
import { genesisOf } from '../chain/genesis.ts'
import { batchBytesMax, batchTransactionsMax } from '../chain/limits.ts'
import { protocolVersionAt, protocolVersionKnown } from '../chain/protocol-version.ts'
import { createTendermint } from '../consensus/tendermint/tendermint.ts'
import type { Ed25519Keypair } from '../crypto/ed25519.ts'
import type { Hash } from '../crypto/hash.ts'
import { createBatchPacker } from '../mempool/batch-packer.ts'
import { type BatchPoolLimits, createBatchPool } from '../mempool/batch-pool.ts'
import { createMempool } from '../mempool/mempool.ts'
import type { MempoolLimits } from '../mempool/mempool-limits.ts'
import type { BudgetLimits } from '../peers/budget-policy.ts'
import type { ConnectionLimits } from '../peers/connection-limits.ts'
import type { ResourceLimits } from '../peers/resource-manager.ts'
import type { Disk } from '../ports/disk.ts'
import { toHex } from '../primitives/bytes.ts'
import type { BlockContext } from './block-rules.ts'
import { createBreakdown } from './breakdown.ts'
import { type Chain, type ChainOptions, openChain } from './chain.ts'
import { openConsensusLog } from './consensus-log.ts'
import type { DirectorySettings } from './directory.ts'
import { readRoutingTable } from './directory-table.ts'
import type { DnsSeedSettings } from './dns-seeds.ts'
import { createEvidencePool } from './evidence-pool.ts'
import { createFinality } from './finality.ts'
import { readForkRecord, refuseForked } from './fork-record.ts'
import { lockGenesis, refuseOtherChain } from './genesis-lock.ts'
import { type GuardedSigner, openGuardedSigner } from './guarded-signer.ts'
import { openAddressBook } from './kept-address-book.ts'
import { createMessageTrace } from './message-trace.ts'
import { createNodeEvents } from './node-events.ts'
import { createOwnAddresses } from './own-addresses.ts'
import { createParametersInForce } from './parameters-in-force.ts'
import { createPolkaMemory } from './polka-memory.ts'
import type { Ports } from './ports.ts'
import type { RelaySettings } from './relay-desk.ts'
import { type AccessSettings, openReputation } from './reputation.ts'
import { createSigningGate, type SigningGate } from './signing-gate.ts'
import type { SnapshotSettings, StateSyncSettings } from './snapshot-settings.ts'
import { createTransactionIntake } from './transaction-intake.ts'
import { requireVersion } from './upgrade-watch.ts'
import { createUsefulness } from './usefulness.ts'
import { createVerifierBacklog } from './verifier-backlog.ts'
import { createVisits } from './visits.ts'
import { createWriteBehind } from './write-behind.ts'

/** What the operator of one node decides; everything else is the chain's. */
export interface NodeOptions {
  readonly spec: ChainSpec
  readonly application: Application
  /** Addresses this node keeps connections to. */
  readonly peers: readonly string[]
  /** Over what to dial a peer that has several addresses, the preferred first; chance decides unless given. */
  readonly transports?: readonly string[]
  /** Where peers are found when none are known. Absent: nowhere. */
  readonly dnsSeeds?: DnsSeedSettings
  /** Whether to have this node's addresses tried by others, and to try theirs; not unless given. */
  readonly autonat?: boolean
  /** For how long a gateway is asked to forward a port at a time; an hour unless given. */
  readonly portLeaseSeconds?: number
  /** Whether addresses are told to peers, and taken from them; so unless given. */
  readonly peerExchange?: boolean
  /** None, in either direction, unless given. */
  readonly relays?: RelaySettings
  readonly mempool: MempoolLimits
  readonly batchPool: BatchPoolLimits
  readonly connections: ConnectionLimits
  readonly access: AccessSettings
  /** What a connected peer may cost; what the chain and this version make of it unless given. */
  readonly budgets?: BudgetLimits
  /** What strains this node; what suits an ordinary machine unless given. */
  readonly resources?: ResourceLimits
  readonly stateVersionsKept: number
  /** How many of the newest blocks stay; all of them unless given. */
  readonly blocksRetained?: number | undefined
  /** So many heights behind its peers the node leaves consensus and takes blocks from them; a few unless given. */
  readonly lagBlocks?: number
  /** States kept for others to begin with; none unless given. */
  readonly snapshots?: SnapshotSettings
  /** Where to begin: with the state of a recent block; with the genesis unless given. */
  readonly stateSync?: StateSyncSettings | undefined
  /** How long a validator listens for its own double before it signs, ms. Not waited for on a chain without blocks. */
  readonly doppelgangerWaitMs: number
  readonly agent: string
  /** The key that an account with stake has delegated to this node. */
  readonly networkKey?: Ed25519Keypair | undefined
  /** Takes part in the directory of nodes; left out: neither asks nor answers. */
  readonly directory?: DirectorySettings | undefined
  /** The newest version of the node-to-node protocol this node speaks; the newest there is unless given. */
  readonly protocolVersionMax?: number
  /** The newest version of the chain's protocol this program knows; another than it is only for tests of upgrades. */
  readonly protocolVersion?: number
  /** Sightings of messages kept for tracing, of transactions and as many of batches and blocks; none unless given. */
  readonly traceMessages?: number
}

/** What a node stands on before it speaks to anybody: its disk opened, its keys proved to work, its pools empty. */
export type Foundation = Awaited<ReturnType<typeof layFoundation>>

export async function layFoundation(given: Ports, options: NodeOptions) {
  const backlog = createVerifierBacklog(given.verifier)
  const visits = createVisits(given)
  const ports: Ports = { ...given, network: visits.network, verifier: backlog.verifier }
  const { clock, disk, telemetry, verifier } = ports
  const { spec, application } = options
  const chainId = chainIdOf(spec)
  const genesis = genesisOf(spec)
  const { store, chain } = await openOwnChain(disk, options, { chainId, genesis })
  const forkRecord = await readForkRecord(disk)
  refuseForked(forkRecord, forkRecord && chain.blocks.read(forkRecord.height)?.commit.blockHash)
  const protocolVersion = options.protocolVersion ?? protocolVersionKnown
  requireVersion(spec, chain.tip().height + 1, protocolVersion)
  const log = await openConsensusLog(disk, application)
  const mempool = createMempool(options.mempool)
  const pool = createBatchPool(options.batchPool)
  const events = createNodeEvents()
  const gate = createSigningGate(clock, options.doppelgangerWaitMs)
  const signer = await openSigner(ports, chain, gate)
  const breakdown = createBreakdown({ telemetry, gate, events })
  const parameters = parametersHash(spec)
  const inForce = createParametersInForce({ spec, application, chain })
  const reputation = await openReputation(ports, options.access)
  const addressBook = await openAddressBook(ports)
  const evidencePool = createEvidencePool({
    chainId,
    verifier,
    ageBlocksMax: spec.limits.evidence_age_blocks,
    height: () => chain.tip().height,
    state: () => chain.state.reader(),
  })
  const known = (id: Hash) => mempool.get(id) ?? pool.transaction(id)
  const { transaction_bytes_max: transactionBytesMax } = spec.limits
  const intake = createTransactionIntake({ application, chain, mempool, verifier, telemetry, transactionBytesMax, known })
  return {
    ports,
    backlog,
    visits,
    routingTable: options.directory ? await readRoutingTable(ports) : [],
    chainId,
    spec,
    application,
    genesisTime: genesis.time,
    parametersHash: parameters,
    context: (): BlockContext => contextOf({ spec, chain, parameters, inForce }, protocolVersion),
    inForce,
    protocolVersion,
    store,
    chain,
    log,
    signer,
    core: createTendermint(() => inForce().consensus, chainId),
    mempool,
    pool,
    packer: createBatchPacker({ bytesMax: batchBytesMax, transactionsMax: batchTransactionsMax }),
    events,
    trace: createMessageTrace(clock.now, options.traceMessages ?? 0),
    usefulness: createUsefulness(telemetry),
    gate,
    evidencePool,
    reputation,
    addressBook,
    ownAddresses: createOwnAddresses({ ports }),
    intake,
    breakdown,
    polkas: createPolkaMemory({ store, ageBlocksMax: spec.limits.evidence_age_blocks, onFailure: breakdown.fail }),
    forkRecord,
    finality: createFinality({ ...options, ports, protocolVersion, chain, mempool, pool, evidencePool, events, breakdown }),
  }
}

async function openSigner(
  { signer, disk, telemetry }: Ports,
  chain: Chain,
  gate: SigningGate,
): Promise<GuardedSigner | undefined> {
  if (!signer) return undefined
  return openGuardedSigner({
    signer,
    disk,
    chainId: chain.chainId,
    validators: chain.tip().validators,
    onReady(ready) {
      gate.holder(ready)
      telemetry.gauge('synod_signer_connected', ready ? 1 : 0)
    },
    onKey(key) {
      telemetry.log('info', 'another key of this validator votes from now on', {
        key: toHex(key),
        height: chain.tip().height + 1,
      })
    },
  })
}

/** Of another chain nothing is opened, and so nothing changed. */
async function openOwnChain(disk: Disk, options: NodeOptions, given: Pick<ChainOptions, 'chainId' | 'genesis'>) {
  await refuseOtherChain(disk, given.chainId)
  const store = createWriteBehind(await disk.openStore('chain'))
  const chain = await openChain({ ...options, ...given, store, snapshotInterval: options.snapshots?.intervalBlocks })
  await lockGenesis(disk, { chainId: given.chainId, genesisRoot: chain.genesisRoot })
  return { store, chain }
}

/** What the next block is checked against. Of a version that is not known here, no block holds. */
function contextOf(
  { spec, chain, parameters, inForce }: { spec: ChainSpec; chain: Chain; parameters: Hash; inForce: () => ChainParameters },
  known: number,
): BlockContext {
  const tip = chain.tip()
  const version = protocolVersionAt(spec, tip.height + 1)
  const { chainId } = chain
  const { limits } = inForce()
  return { chainId, limits, parametersHash: parameters, version: version <= known ? version : 0, tip }
}
