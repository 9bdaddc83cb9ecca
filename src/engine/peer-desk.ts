import type { Block } from '../chain/block.ts'
import { announcementSchema } from '../chain/block-message.ts'
import type { Commit } from '../chain/certificate.ts'
import { type Evidence, evidenceSchema } from '../chain/evidence.ts'
import { verifyCommit } from '../chain/light-verification.ts'
import { indexOfValidator } from '../chain/validator-set.ts'
import type { SignedVote } from '../chain/vote.ts'
import { decode, encode } from '../codec/codec.ts'
import type { Tendermint } from '../consensus/tendermint/tendermint.ts'
import { createPeerLedger, offenceOf } from '../peers/peer-ledger.ts'
import { type Bytes, bytesEqual } from '../primitives/bytes.ts'
import { rejections } from '../primitives/error-catalogue.ts'
import type { Rejection } from '../primitives/result.ts'
import type { NetworkHandlers, PeerId, RequestProtocol, Verdict } from '../ports/network.ts'
import type { BatchExchange } from './batch-exchange.ts'
import type { BlockSync } from './block-sync.ts'
import type { Chain } from './chain.ts'
import type { ConsensusGossip } from './consensus-gossip.ts'
import type { Dialer } from './dialer.ts'
import type { EvidencePool } from './evidence-pool.ts'
import type { GuardedSigner } from './guarded-signer.ts'
import type { Handshake } from './handshake.ts'
import type { NodeEvents } from './node-events.ts'
import type { Ports } from './ports.ts'
import type { SigningGate } from './signing-gate.ts'
import type { PeerStatus } from './synod-node.ts'

/** Where everything from and about peers arrives, and is handed to the room that knows what to do with it. */
export interface PeerDesk {
  readonly handlers: NetworkHandlers
  peers(): readonly PeerStatus[]
  reject(peer: PeerId, rejection: Rejection): void
  /** The core caught a validator voting twice. */
  accuse(evidence: Evidence): void
  /** Spreads the certificate of a new final block beyond direct peers, when this node proposed it. */
  announce(block: Block, commit: Commit): void
  /** A verified vote under this validator's key that this node did not sign is another machine's. */
  watchForDouble(signed: SignedVote): void
  /** Opens the signing gate once no peer is known to be ahead. */
  judgeProgress(): void
  stop(): void
}

export interface PeerDeskOptions {
  readonly ports: Ports
  readonly chain: Chain
  readonly core: Tendermint
  readonly signer: GuardedSigner | undefined
  readonly gate: SigningGate
  readonly events: NodeEvents
  readonly evidencePool: EvidencePool
  readonly exchange: BatchExchange
  readonly gossip: ConsensusGossip
  readonly sync: BlockSync
  readonly handshake: Handshake
  readonly dialer: Dialer
}

/** Announcements are for who missed the votes: a fast chain need not announce each block. */
const announceEveryMs = 200
const gossipGraceMs = 150

export function createPeerDesk(options: PeerDeskOptions): PeerDesk {
  const { ports, chain, signer, gate, events, evidencePool, exchange, gossip, sync, handshake, dialer } = options
  const { clock, network, telemetry, verifier } = ports
  const ledger = createPeerLedger()
  let announcedAt = Number.NEGATIVE_INFINITY
  let stopped = false

  function reject(peer: PeerId, rejection: Rejection): void {
    telemetry.count('synod_rejections_total', 1, { code: rejection.code })
    telemetry.log('debug', 'refused what a peer sent', { peer, code: rejection.code, detail: rejection.detail })
    const offence = offenceOf(rejection, rejections[rejection.code].verdict)
    if (offence && ledger.offend(peer, offence, clock.now()) === 'disconnect') network.disconnect(peer, rejection.code)
  }

  function judgeProgress(): void {
    if (sync.active) return
    const { height, validators } = chain.tip()
    const peers = network.peers()
    const alone = signer && validators.validators.length === 1 && indexOfValidator(validators, signer.publicKey) === 0
    if (alone || (peers.length > 0 && peers.every((peer) => sync.heightOf(peer.id) <= height))) gate.caughtUp()
  }

  async function onEvidence(peer: PeerId, message: Bytes): Promise<Verdict> {
    const decoded = decode(evidenceSchema, message)
    if (!decoded.ok) return refuse(peer, decoded.error)
    const added = await evidencePool.add(decoded.value)
    if (!added.ok) return refuse(peer, added.error)
    return added.value ? 'accept' : 'ignore'
  }

  /** A certificate for the next height is checked only if consensus does not decide it first. */
  async function onAnnouncement(peer: PeerId, message: Bytes): Promise<Verdict> {
    const decoded = decode(announcementSchema, message)
    if (!decoded.ok) return refuse(peer, decoded.error)
    const { commit } = decoded.value
    if (commit.height === chain.tip().height + 1) await new Promise<void>((resume) => clock.schedule(gossipGraceMs, resume))
    const { height, validators } = chain.tip()
    if (stopped) return 'ignore'
    if (commit.height <= height) {
      const known = chain.blocks.read(commit.height)?.commit
      return known && bytesEqual(known.blockHash, commit.blockHash) ? 'accept' : 'ignore'
    }
    sync.heard(peer, commit.height)
    if (commit.height > height + 1) return 'ignore'
    const verified = await verifyCommit(chain.chainId, commit, validators, verifier.bls)
    return verified.ok ? 'accept' : refuse(peer, verified.error)
  }

  function refuse(peer: PeerId, rejection: Rejection): Verdict {
    reject(peer, rejection)
    return rejections[rejection.code].verdict
  }

  async function* answer(protocol: RequestProtocol, message: Bytes): AsyncGenerator<Bytes> {
    if (protocol === 'batch') yield* exchange.serve(message)
    else if (protocol === 'block') yield* sync.serve(message)
    else yield handshake.hello()
  }

  const handlers: NetworkHandlers = {
    hello: () => handshake.hello(),
    onHello: (peer, hello) => handshake.onHello(peer, hello),
    onConnected(peer) {
      telemetry.gauge('synod_peers', network.peers().length)
      telemetry.log('info', 'peer connected', { peer: peer.id, direction: peer.direction, protection: peer.protection })
      events.emit({ type: 'peer-connected', peer })
      sync.heard(peer.id, handshake.of(peer.id)?.height ?? 0)
      judgeProgress()
    },
    onDisconnected(peer, reason) {
      telemetry.gauge('synod_peers', network.peers().length)
      telemetry.log('info', 'peer disconnected', { peer: peer.id, reason })
      events.emit({ type: 'peer-disconnected', peer, reason })
      handshake.forget(peer.id)
      sync.forget(peer.id)
      dialer.lost(peer.id)
    },
    onMessage(peer, channel, message) {
      telemetry.count('synod_messages_total', 1, { channel })
      if (channel === 'consensus') gossip.onMessage(peer, message)
      else if (channel === 'batches') exchange.onMessage(peer, message)
    },
    onGossip(peer, channel, message) {
      telemetry.count('synod_messages_total', 1, { channel })
      if (channel === 'evidence') return onEvidence(peer, message)
      return channel === 'blocks' ? onAnnouncement(peer, message) : 'ignore'
    },
    onRequest: (_peer, protocol, message) => answer(protocol, message),
    onMisbehaviour(peer, what) {
      telemetry.log('debug', 'a peer broke the transport’s rules', { peer, what })
      if (ledger.offend(peer, 'invalid', clock.now()) === 'disconnect') network.disconnect(peer, what)
    },
  }

  return {
    handlers,
    peers: () =>
      network.peers().map((peer) => ({ ...peer, height: sync.heightOf(peer.id), agent: handshake.of(peer.id)?.agent ?? '' })),
    reject,
    judgeProgress,
    accuse(evidence) {
      telemetry.count('synod_consensus_accusations_total')
      telemetry.log('warn', 'a validator voted twice', { height: evidence.first.height, round: evidence.first.round })
      events.emit({ type: 'evidence', consensusKey: evidence.consensusKey, height: evidence.first.height })
      evidencePool.add(evidence).then(
        (added) => void (added.ok && added.value && network.broadcast('evidence', encode(evidenceSchema, evidence))),
        (error) => telemetry.log('error', 'evidence could not be checked', { error: String(error) }),
      )
    },
    announce(block, commit) {
      judgeProgress()
      const now = clock.monotonic()
      if (!signer || !bytesEqual(block.header.proposer, signer.publicKey) || now - announcedAt < announceEveryMs) return
      announcedAt = now
      network.broadcast('blocks', encode(announcementSchema, { commit }))
    },
    watchForDouble({ vote, validator }) {
      if (!signer || validator !== indexOfValidator(chain.tip().validators, signer.publicKey)) return
      if (signer.mayHaveSigned({ height: vote.height, round: vote.round, step: vote.kind })) return
      const message = `another machine signs with this validator's key (height ${vote.height}, round ${vote.round})`
      telemetry.log('error', message, {})
      gate.shut(message)
      events.emit({ type: 'fault', message })
    },
    stop() {
      stopped = true
    },
  }
}
