import type { Application, TransactionResult } from '../application/application.ts'
import type { StateProof } from '../application/state-tree/proof.ts'
import type { Block } from '../chain/block.ts'
import type { Commit } from '../chain/certificate.ts'
import type { ChainSpec } from '../chain/chain-spec.ts'
import type { Evidence } from '../chain/evidence.ts'
import type { ConsensusKey } from '../chain/identifiers.ts'
import type { ValidatorSet } from '../chain/validator-set.ts'
import type { Hash } from '../crypto/hash.ts'
import type { InclusionProof } from '../crypto/merkle.ts'
import type { LightBlock } from '../light/light-block.ts'
import type { AttackKind } from '../peers/attack-detector.ts'
import type { OwnAddress, Reachability } from '../peers/own-addresses.ts'
import type { LoadLevel } from '../peers/resource-manager.ts'
import type { PeerId, PeerInfo, Traffic, TrafficClass } from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { OperationalError } from '../primitives/operational-error.ts'
import type { Result } from '../primitives/result.ts'
import type { Directory } from './directory.ts'
import type { Sighting } from './message-trace.ts'
import type { PortMappingStatus } from './port-mapper.ts'
import type { SyncProgress } from './sync-progress.ts'
import type { SyncReport } from './sync-report.ts'
import type { UsefulnessTotals } from './usefulness.ts'

/** A running node as its owner sees it: what the API serves, the CLI shows and the simulator checks. */
export interface SynodNode {
  readonly chainId: Hash
  readonly spec: ChainSpec
  readonly application: Application
  /** Checks transactions and, when they are good, spreads them. Answers stand in the order given: an id, or the refusal. */
  submit(encoded: readonly Bytes[]): Promise<readonly Result<Hash>[]>
  /**
   * Checks proof of misbehaviour and, when it is good, spreads it. True when it was not known here; `undefined` while too much is being
   * checked.
   */
  submitEvidence(evidence: Evidence): Promise<Result<boolean> | undefined>
  status(): NodeStatus
  /** Compares this node with its peers now, as it does by itself every 30 s. */
  survey(): Promise<SyncReport>
  /** A final block. */
  block(height: number): Promise<Block | undefined>
  /** The certificate that made the block of this height final. */
  commit(height: number): Promise<Commit | undefined>
  /** What a light client needs of this height, where it is held. */
  lightBlock(height: number): Promise<LightBlock | undefined>
  /** The first heights above one after which other validators decide, rising, as far as they are known. */
  validatorChanges(height: number): Promise<readonly number[]>
  transaction(id: Hash): Promise<IncludedTransaction | undefined>
  /** A value of the latest final state, or its absence, with the proof against `appHash` of the header at `height`. */
  state(key: Bytes): ProvenValue
  query(path: string, data: Bytes): Result<Bytes>
  /** Who decides the block of this height (default: the next). Known for the recent past. */
  validators(): ValidatorSet
  peers(): readonly PeerStatus[]
  connect(address: string): Promise<PeerId>
  readonly operator: OperatorDesk
  /** What the nodes of the chain know together of each other; undefined where this node takes no part in it. */
  readonly directory:
    | Pick<
        Directory,
        'findPeer' | 'publish' | 'find' | 'findValidator' | 'findService' | 'provide' | 'crawl' | 'crawled' | 'size'
      >
    | undefined
  mempool(): MempoolStatus
  /** How strained the machine is by what the node does. */
  loadLevel(): LoadLevel
  /** What has crossed the network, and what it was worth. */
  net(): NetStatus
  /** Where other nodes are, as far as this one knows: addresses with peer ids. */
  knownAddresses(): readonly string[]
  /** What this node remembers of a transaction, a batch or a block. */
  trace(hash: Hash): TracedMessage
  /** Calls back for every event from now on, in order. A slow listener delays nobody: it is called synchronously and must return at once. */
  subscribe(listener: (event: NodeEvent) => void): () => void
  /**
   * Resolves with the cause when the node cannot go on: a full disk, a damaged store, a bug. It signs nothing any more and serves what it
   * has; its owner should stop it and end with the error's exit code. Never resolves while all is well, nor for a node that is stopped.
   */
  readonly failed: Promise<OperationalError>
  /** Resolves when everything is on disk and closed. */
  stop(): Promise<void>
}

/**
 * What the operator decides about others. A target is a peer id, an IP address or a CIDR block; anything else throws
 * `OperationalError` ACCESS_TARGET_INVALID. All of it is kept on disk.
 */
export interface OperatorDesk {
  /** Disconnects the target and keeps it out, for so long or until it is unbanned. */
  ban(target: string, forMs?: number): void
  /** Lifts every ban on exactly this target, whether by the operator or for its conduct. False when there was none. */
  unban(target: string): boolean
  /** Lets the target in whatever it does, past bans and limits. */
  allow(target: string): void
  /** Back to being treated like anybody. False when it was not allowed. */
  disallow(target: string): boolean
  /** Keeps the target out until it is unbanned. */
  deny(target: string): void
  /** False when the peer is not connected. */
  disconnect(peer: PeerId, reason: string): boolean
  bans(): readonly BanStatus[]
  /** Targets that are let in whatever they do. */
  allowed(): readonly string[]
}

export interface BanStatus {
  readonly target: string
  readonly kind: 'peer' | 'address' | 'block'
  /** Wall-clock time, ms. */
  readonly until: number | 'forever'
  readonly by: 'conduct' | 'operator' | 'settings'
  /** Why, in words. */
  readonly reason: string
}

export type NodeMode = 'state-sync' | 'block-sync' | 'consensus'

export interface NodeStatus {
  readonly mode: NodeMode
  readonly height: number
  readonly round: number
  readonly step: string
  /** Of the latest final block; the chain id before the first. */
  readonly blockHash: Hash
  readonly appHash: Hash
  /** Time of the latest final block, ms. */
  readonly blockTime: number
  readonly self: PeerId
  /** What others are told of where this node can be dialled. */
  readonly addresses: readonly string[]
  readonly reachability: Reachability
  /** All addresses at which it may be reached, with what others found when they tried. */
  readonly ownAddresses: readonly OwnAddress[]
  readonly portMapping: PortMappingStatus
  readonly validator: { readonly consensusKey: ConsensusKey; readonly active: boolean } | undefined
  /** Set once: the node is validating only after its doppelgänger wait. */
  readonly signing: boolean
  /** Addresses of other nodes in the book: only heard of, and those where a node answered. */
  readonly addressBook: { readonly new: number; readonly tried: number }
  /** An evidence of trouble that needs an operator, in words; undefined when all is well. */
  readonly fault: string | undefined
  /** While blocks are taken from peers. */
  readonly progress: SyncProgress | undefined
  /** What the latest comparison with the peers found. */
  readonly survey: SyncReport | undefined
}

export interface IncludedTransaction {
  readonly encoded: Bytes
  readonly height: number
  readonly index: number
  readonly result: TransactionResult
  /** Against the header's transactions root. */
  readonly proof: InclusionProof
  /** Against the header's results root. */
  readonly resultProof: InclusionProof
}

export interface ProvenValue {
  readonly height: number
  readonly value: Bytes | undefined
  readonly proof: StateProof
}

export interface PeerStatus extends PeerInfo {
  readonly height: number
  readonly agent: string
  readonly standing: PeerStanding
  /** The peer has proved on this connection that it speaks for stake. */
  readonly staked: boolean
}

export interface PeerStanding {
  /** −100 to +100. */
  readonly score: number
  /** Its latest offences, the last one last, with the wall-clock time. */
  readonly reasons: readonly { readonly what: string; readonly at: number; readonly change: number }[]
  readonly bannedUntil?: number | 'forever'
}

export interface MempoolStatus {
  readonly transactions: number
  readonly bytes: number
  readonly batches: number
}

export interface NetStatus {
  /** Wall-clock time of these figures, ms. */
  readonly at: number
  /** Since the node started. */
  readonly total: Traffic
  /** Over each present connection. */
  readonly peers: readonly { readonly id: PeerId; readonly traffic: Traffic }[]
  /** Since the node started. */
  readonly usefulness: Readonly<Record<TrafficClass, UsefulnessTotals>>
  readonly addressBook: BookStatus
}

/** What is known of where nodes are. */
export interface BookStatus {
  /** Addresses that were only heard of, and those at which a node has answered. */
  readonly new: number
  readonly tried: number
  /** Network groups in which they lie. */
  readonly groups: number
  /** How many by the transport that leads there, `relay` among them. */
  readonly transports: Readonly<Record<string, number>>
  /** How many came in since the start, by who told of them first. */
  readonly learnt: Readonly<Record<'config' | 'seed' | 'peer' | 'dht' | 'mdns', number>>
  /** Where it would begin if it started again now. */
  readonly anchors: readonly string[]
}

export interface TracedMessage {
  readonly sightings: readonly Sighting[]
  /** The final block that holds the transaction. */
  readonly block: { readonly height: number; readonly hash: Hash } | undefined
  /** Everything since then is remembered, ms; `undefined`: everything since the start. */
  readonly completeSince: number | undefined
}

export type NodeEvent =
  | {
      readonly type: 'block'
      readonly block: Block
      readonly commit: Commit
      readonly hash: Hash
      readonly results: readonly TransactionResult[]
      readonly ids: readonly Hash[]
    }
  | { readonly type: 'round'; readonly height: number; readonly round: number; readonly step: string }
  | { readonly type: 'peer-connected' | 'peer-disconnected'; readonly peer: PeerInfo; readonly reason?: string }
  | { readonly type: 'evidence'; readonly consensusKey: ConsensusKey; readonly height: number }
  | { readonly type: 'fault'; readonly message: string }
  | {
      readonly type: 'attack'
      readonly kind: AttackKind
      readonly active: boolean
      readonly refused: number
      readonly sources: number
    }
  | { readonly type: 'ban'; readonly target: string; readonly reason: string; readonly until: number | 'forever' }
