import type { Block, ProposedBlock } from '../chain/block.ts'
import type { Commit } from '../chain/certificate.ts'
import { lightCapability } from '../light/light-block.ts'
import { readDialTarget } from '../peers/dial-target.ts'
import { visitCapability } from '../peers/hello.ts'
import { reachCapability } from '../peers/reach-message.ts'
import type { GreetedConnection, PeerId } from '../ports/network.ts'
import type { RejectionCode } from '../primitives/error-catalogue.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import type { Rejection } from '../primitives/result.ts'
import { snapshotCapability } from '../sync/snapshot-message.ts'
import { createAddressExchange } from './address-exchange.ts'
import { createBatchExchange } from './batch-exchange.ts'
import { createBlockAnnouncements } from './block-announcements.ts'
import { type ProducedBlock, produceBlock } from './block-producer.ts'
import { type BlockSync, type BlockSyncOptions, createBlockSync } from './block-sync.ts'
import { type Candidate, createCandidates } from './candidates.ts'
import { type ConsensusGossip, createConsensusGossip } from './consensus-gossip.ts'
import { type ConsensusRunner, createConsensusRunner } from './consensus-runner.ts'
import { type Defence, openDefence } from './defence.ts'
import { createDirectory, type Directory, directoryCapability, servesDirectory } from './directory.ts'
import { createEvidenceDesk } from './evidence-desk.ts'
import { createForkDesk, type ForkDesk } from './fork-desk.ts'
import { chosenBlock } from './fork-record.ts'
import type { Foundation, NodeOptions } from './foundation.ts'
import { createHandshake, type Handshake } from './handshake.ts'
import { holdBlockSync } from './held-block-sync.ts'
import { createLightServer } from './light-server.ts'
import { createNeighbours } from './neighbours.ts'
import { createPeerDesk, type PeerDeskOptions } from './peer-desk.ts'
import type { PeerJudge } from './peer-judge.ts'
import { createPeerLists } from './peer-lists.ts'
import { createPromotion } from './promotion.ts'
import { createReachabilityDesk } from './reachability.ts'
import { createRelayDesk, relayCapability, servesAsRelay } from './relay-desk.ts'
import { withRelays } from './relay-handlers.ts'
import { createRelayService } from './relay-service.ts'
import { accessOf, mayDial } from './reputation.ts'
import { createSigningWatch, type SigningWatch } from './signing-watch.ts'
import { openStateRooms } from './state-rooms.ts'
import { createSyncCoordinator, type SyncCoordinator } from './sync-coordinator.ts'

const lagBlocksDefault = 10

/** The rooms of a node, each with the ways to the others that it needs. None does anything before the network starts. */
export function openRooms(foundation: Foundation, options: NodeOptions) {
  const { chain, core, mempool, evidencePool, breakdown } = foundation
  const onFailure = breakdown.fail
  const defence = openDefence(foundation, options)
  const { judge, register } = defence
  const conduct = { onRejection: judge.reject, praise: register.praise }
  const greeting = openGreetingRooms(foundation, options, defence, {
    isSynced: () => !sync.active,
    onStranger: (code) => coordinator.turnedAway(code),
  })
  const { handshake, lists, reachability } = greeting
  const directory = openDirectory(foundation, options, defence, { handshake, isSynced: () => !sync.active })

  function onFinal(block: Block, commit: Commit, candidate: Candidate): void {
    foundation.trace.note('final', commit.blockHash, { height: commit.height })
    if (core.height === commit.height) foundation.polkas.decided(commit.height, commit.round, core.polkas())
    foundation.finality(block, commit, candidate)
    watch.judge()
    announcements.announce(block, commit)
    stateRooms.diskKeeper.onFinal()
  }

  /** Hundreds a second: their lines are nobody's concern, and nobody else lacks them. */
  function onSynced(block: Block, commit: Commit, candidate: Candidate): void {
    foundation.finality(block, commit, candidate, 'debug')
    watch.judge()
    stateRooms.diskKeeper.onFinal()
  }

  const exchange = createBatchExchange({
    ...foundation,
    height: () => chain.tip().height,
    negotiated: handshake.negotiated,
    linked: lists.linked,
    onAvailable: () => runner.deliver({ type: 'transactions-available' }),
    onLost: mempool.remove,
    ...conduct,
  })
  const candidates = createCandidates({ ...foundation, exchange })
  const runner = createConsensusRunner({
    ...foundation,
    parameters: () => foundation.inForce().consensus,
    candidates,
    produce: () => produce(foundation, exchange.flush),
    isSettled: (height) => chosenBlock(foundation.forkRecord)?.height === height,
    hasWork: () => mempool.size > 0 || evidencePool.pending().length > 0,
    broadcast: (message) => gossip.broadcast(message),
    onStep: () => reportStep(foundation),
    onHeight: () => gossip.onHeight(),
    onInvalidBlock: (block, rejection) => reportInvalid(foundation, block, rejection),
    onAccusation: (evidence) => evidenceDesk.accuse(evidence),
    onFinal,
    onFailure,
  })
  const gossip = createConsensusGossip({
    ...foundation,
    candidates,
    deliver: runner.deliver,
    onPeerHeight: (peer, claimed) => sync.heard(peer, claimed),
    ...conduct,
    onSigned: (validator, position) => watch.onSigned(validator, position),
    onFailure,
  })
  const { sync, ...stateRooms } = openSyncRooms(foundation, options, {
    handshake,
    onFinal: onSynced,
    missesDecision: () => core.decidedBlockHash !== undefined && !candidates.held(core.decidedBlockHash),
    ...turnsOf(foundation, () => ({ runner, watch, gossip })),
    onFork: (fork) => forks.onFork(fork),
    onDivided: (peer, height) => forks.onDivided(peer, height),
    ...conduct,
    onFailure,
  })
  const forks = createForkDesk({ foundation, handshake, evidenceDesk: () => evidenceDesk })
  const { watch, announcements, evidenceDesk, coordinator } = openWatchRooms(foundation, { judge, sync, forks })
  const served = { ...stateRooms, lightServer: createLightServer(foundation), forks }
  const rooms = { ...defence, ...greeting, ...served, exchange, gossip, announcements, evidenceDesk, sync, watch, directory }
  const desks = openDesks(foundation, options, { ...rooms, reachServer: reachability.server })
  return { ...rooms, runner, coordinator, ...desks, neighbours: createNeighbours({ ...foundation, ...defence }) }
}

/** Block sync and consensus take turns with the chain. */
function turnsOf(
  { gate, signer, chain, breakdown }: Foundation,
  rooms: () => { readonly runner: ConsensusRunner; readonly watch: SigningWatch; readonly gossip: ConsensusGossip },
) {
  return {
    onBegin() {
      gate.fellBehind()
      return rooms().runner.suspend()
    },
    onEnd() {
      const { runner, watch, gossip } = rooms()
      signer?.follow(chain.tip().validators).catch(breakdown.fail)
      runner.resume()
      watch.judge()
      gossip.tell()
    },
  }
}

/** Those who bring the chain forward by what peers have: first, where it is wanted, its state, then its blocks. */
function openSyncRooms(
  foundation: Foundation,
  options: NodeOptions,
  ways: Omit<BlockSyncOptions, keyof Foundation | 'lagBlocks'> & { readonly handshake: Handshake },
) {
  const { sync, release } = holdBlockSync(
    createBlockSync({ ...foundation, ...ways, lagBlocks: options.lagBlocks ?? lagBlocksDefault }),
    () => stateRooms.stateSync?.active ?? false,
  )
  const onEnd = (): void => {
    release()
    ways.onEnd()
  }
  const stateRooms = openStateRooms(foundation, options, { ...ways, onEnd })
  return { sync, ...stateRooms }
}

/** Where all that peers do arrives, and those who see to it that a node behind a NAT is reached, and directly where that can be. */
function openDesks(
  foundation: Foundation,
  options: NodeOptions,
  rooms: Defence & Omit<PeerDeskOptions, keyof Foundation | keyof Defence>,
) {
  const { of: helloOf } = rooms.handshake
  const desk = createPeerDesk({ ...foundation, ...rooms })
  const service = createRelayService(rooms.directory, rooms.discovery)
  const relays = createRelayDesk({ ...foundation, settings: options.relays, helloOf, service })
  const promotion = createPromotion({ ...foundation, helloOf })
  return {
    desk: { ...desk, handlers: withRelays(desk.handlers, { ...foundation, ...rooms, relays, promotion }) },
    relays,
    promotion,
  }
}

/** Those who tell peers who this node is, and to whom else it is connected. */
function openGreetingRooms(
  foundation: Foundation,
  options: NodeOptions,
  defence: Defence,
  { isSynced, onStranger }: { isSynced: () => boolean; onStranger: (code: RejectionCode) => void },
) {
  const { ports, reputation, signer } = foundation
  const { judge, keeper, slots, discovery } = defence
  const autonat = options.autonat ?? false
  const portLeaseSeconds = options.portLeaseSeconds ?? 3600
  const reachability = createReachabilityDesk({ ...foundation, autonat, portLeaseSeconds, handshake: () => handshake })
  const handshake: Handshake = createHandshake({
    ...foundation,
    ...options,
    validator: signer !== undefined,
    isWelcome: judge.isWelcome,
    isAllowed: (peer, host) => accessOf(reputation, peer, host) === 'allow',
    isSynced,
    slots,
    onWork: keeper.worked,
    level: () => defence.guard.load().level,
    capabilities: (peer, connection) => capabilitiesOf(foundation, options, peer, connection),
    onRejection(peer, rejection) {
      onStranger(rejection.code)
      judge.reject(peer, rejection)
    },
    onDialBack: reachability.onDialBack,
    onObserved: reachability.onObserved,
  })
  const common = { ports, negotiated: handshake.negotiated, onRejection: judge.reject }
  const { announced } = foundation.ownAddresses
  const { outboundTarget } = options.connections
  const enabled = options.peerExchange ?? true
  const addresses = createAddressExchange({ ...common, discovery, announced, enabled, outboundTarget })
  return { handshake, addresses, lists: createPeerLists(common), reachability }
}

/** What a hello on this connection says beyond what every node can. */
function capabilitiesOf(
  { ports, ownAddresses, visits }: Foundation,
  { directory, autonat, relays, snapshots }: NodeOptions,
  peer: PeerId,
  connection: GreetedConnection,
) {
  return [
    lightCapability,
    ...((snapshots?.intervalBlocks ?? 0) > 0 ? [snapshotCapability] : []),
    ...(directory && servesDirectory(directory, ownAddresses) ? [directoryCapability] : []),
    ...(autonat ? [reachCapability] : []),
    ...(servesAsRelay(ports, relays, ownAddresses.reachability()) ? [relayCapability] : []),
    ...(visits.announces(peer, connection) ? [visitCapability] : []),
  ]
}

function openDirectory(
  foundation: Foundation,
  options: NodeOptions,
  { judge, slots, discovery }: Defence,
  { handshake, isSynced }: { handshake: Handshake; isSynced: () => boolean },
): Directory | undefined {
  const { directory: settings, networkKey } = options
  const { ownAddresses, reputation, routingTable } = foundation
  if (!settings) return undefined
  return createDirectory({
    ...foundation,
    known: routingTable,
    discovery,
    serves: () => servesDirectory(settings, ownAddresses),
    ownAddresses: ownAddresses.announced,
    helloOf: handshake.of,
    mayDial: (address, peer) => mayDial(reputation, readDialTarget(address), judge.isWelcome(peer)),
    stakeOf: () => (isSynced() ? slots.stakeOf : undefined),
    networkKey,
    onRejection: judge.reject,
  })
}

/** Those who tell others what this node saw, and see to it that its validator stands alone. */
function openWatchRooms(foundation: Foundation, { judge, sync, forks }: { judge: PeerJudge; sync: BlockSync; forks: ForkDesk }) {
  const watch = createSigningWatch({ ...foundation, sync })
  const announcements = createBlockAnnouncements({
    ...foundation,
    judge,
    proposer: () => foundation.signer?.publicKey,
    compare: forks.compare,
    onPeerHeight: sync.heard,
  })
  const evidenceDesk = createEvidenceDesk({
    ...foundation,
    judge,
    onAccused: ({ consensusKey, first }) => watch.onAccused(consensusKey, { ...first, step: first.kind }),
  })
  return { watch, announcements, evidenceDesk, coordinator: openCoordinator(foundation, { judge, sync, forks }) }
}

/** Whether this node is on the chain that its peers are on. */
function openCoordinator(
  foundation: Foundation,
  { judge, sync, forks }: { judge: PeerJudge; sync: BlockSync; forks: ForkDesk },
): SyncCoordinator {
  return createSyncCoordinator({
    ...foundation,
    onHeight: sync.heard,
    onRejection: judge.reject,
    onFork: forks.onFork,
    onDiverged() {
      const problem = 'The state is not the one that the latest header promises.'
      foundation.breakdown.fail(new OperationalError('STATE_DIVERGED', problem))
    },
  })
}

function produce(foundation: Foundation, flush: () => void): ProducedBlock {
  flush()
  const proposer = foundation.signer?.publicKey as Uint8Array
  return produceBlock({ ...foundation, limits: foundation.inForce().limits, proposer, now: foundation.ports.clock.now() })
}

function reportStep({ ports, core, events }: Foundation): void {
  const { height, round, step } = core
  ports.telemetry.gauge('synod_consensus_round', round)
  events.emit({ type: 'round', height, round, step })
}

function reportInvalid({ ports }: Foundation, { header }: ProposedBlock, { code, detail }: Rejection): void {
  ports.telemetry.log('warn', 'voting nil: the proposed block does not hold', { height: header.height, code, detail })
}

/** More than a third of the stake has signed two histories: nothing this node can decide. */
