import type { Certificate } from '../chain/certificate.ts'
import { type ConsensusMessage, consensusMessageSchema } from '../chain/consensus-message.ts'
import type { SignedProposal } from '../chain/proposal.ts'
import type { SignedPosition } from '../chain/signing.ts'
import { precommit, type SignedVote } from '../chain/vote.ts'
import { decode, encode } from '../codec/codec.ts'
import type { Outbound } from '../consensus/tendermint/effect.ts'
import type { Input } from '../consensus/tendermint/input.ts'
import type { Tendermint } from '../consensus/tendermint/tendermint.ts'
import { checkCertificate, checkProposal, checkVote } from '../consensus/verification.ts'
import { sha256 } from '../crypto/hash.ts'
import type { SignatureItem } from '../crypto/verified.ts'
import { createReplayWatch } from '../peers/replay-watch.ts'
import type { PeerId } from '../ports/network.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import { type Bytes, bytesKey } from '../primitives/bytes.ts'
import type { Rejection, Result } from '../primitives/result.ts'
import { type TokenBucketPolicy, tokenBucketPolicy } from '../primitives/token-bucket.ts'
import type { Candidates } from './candidates.ts'
import type { Chain } from './chain.ts'
import { createEarlyMessages } from './early-messages.ts'
import type { MessageTrace } from './message-trace.ts'
import type { Ports } from './ports.ts'
import { createRoundStateExchange } from './round-state-exchange.ts'
import type { Usefulness, Worth } from './usefulness.ts'
import { type Checked, createVerificationQueue } from './verification-queue.ts'

/**
 * Consensus messages between peers. Nothing reaches the core, or any other peer, before its signature has been checked, and what could
 * change nothing is not checked at all; what concerns the next height waits in bounded slots.
 */
export interface ConsensusGossip {
  onMessage(peer: PeerId, message: Bytes): void
  broadcast(message: Outbound): void
  /** The core moved to another height: what waited for it is looked at again. */
  onHeight(): void
  /** Tells all peers where this node stands, without waiting for the next comparison. */
  tell(): void
  forget(peer: PeerId): void
  start(): void
  stop(): void
}

export interface GossipOptions {
  readonly ports: Ports
  readonly chain: Chain
  readonly core: Tendermint
  readonly candidates: Candidates
  readonly trace: MessageTrace
  readonly usefulness: Usefulness
  readonly deliver: (input: Input) => void
  readonly onPeerHeight: (peer: PeerId, height: number) => void
  readonly onRejection: (peer: PeerId, rejection: Rejection) => void
  /** Sees who signed at what place, of every verified vote and proposal, before the core does. */
  readonly onSigned: (validator: number, position: SignedPosition) => void
  readonly onFailure: (error: unknown) => void
}

type Signed = SignedProposal | SignedVote | Certificate

interface Received {
  readonly peer: PeerId
  readonly value: Signed
  /** Names the message by content. */
  readonly key: string
  readonly bytes: number
}

const inCheckMax = 8192
const replayed: Rejection = { code: 'CONSENSUS_REPLAYED', detail: '' }

/** This node asks a peer for what it lacks up to five times a second, each time for every vote of both kinds; on slow links 20 s of it cross. */
function replaysForgiven(validators: number): TokenBucketPolicy {
  const perSecond = 5 * (2 * validators + 6)
  return tokenBucketPolicy(perSecond, 1000, perSecond * 20)
}

export function createConsensusGossip(options: GossipOptions): ConsensusGossip {
  const { ports, chain, core } = options
  const { network, telemetry } = ports
  const queue = createVerificationQueue<Received & { signature: SignatureItem }>(ports.verifier, onChecked, options.onFailure)
  const early = createEarlyMessages<Received>()
  const exchange = createRoundStateExchange(options)
  const replays = createReplayWatch(replaysForgiven(chain.tip().validators.validators.length))
  /** What is being checked or was found forged: from whomever it comes again, it is not looked at again. */
  let seen = createBoundedMap<string, true>(inCheckMax)

  function onMessage(peer: PeerId, bytes: Bytes): void {
    const decoded = decode(consensusMessageSchema, bytes)
    if (!decoded.ok) return options.onRejection(peer, decoded.error)
    const message = decoded.value
    if (message.type === 'round-state') return exchange.onRoundState(peer, message.roundState)
    if (message.type === 'proposal') telemetry.count('synod_proposal_bytes_total', bytes.length)
    const hash = sha256(bytes)
    if (replays.isReplay(peer, hash, ports.clock.monotonic())) return options.onRejection(peer, replayed)
    const worth = take({ peer, value: signedPart(message), key: bytesKey(hash), bytes: bytes.length })
    if (worth) options.usefulness.count('consensus', worth, bytes.length)
  }

  /** What the message was worth, unless it is refused or cannot be judged yet. */
  function take(received: Received): Worth | undefined {
    const { peer, value, key } = received
    const height = heightOf(value)
    if (height > core.height) options.onPeerHeight(peer, height - 1)
    if (height === core.height + 1) {
      early.hold(received)
      return 'useful'
    }
    if (height > core.height) return undefined
    if (height < core.height || seen.has(key) || !core.isNews(outbound(value))) return 'duplicate'
    // Block sync has moved the tip on: the validators of the core's height are not at hand any more, nor are its votes of use.
    if (height !== chain.tip().height + 1) return 'duplicate'
    const checked = check(value)
    if (!checked.ok) {
      options.onRejection(peer, checked.error)
      return undefined
    }
    if (queue.add({ ...received, signature: checked.value })) seen.set(key, true)
    return 'useful'
  }

  function check(message: Signed): Result<SignatureItem> {
    const context = { chainId: chain.chainId, height: core.height, validators: chain.tip().validators }
    if ('vote' in message) return checkVote(message, context)
    return 'proposal' in message
      ? checkProposal(message, { ...context, proposerOf: core.proposerOf })
      : checkCertificate(message, context)
  }

  /** The core itself knows what it was given: only what it was not given is worth remembering. */
  function onChecked({ peer, value, key }: Received, verified: Checked<Signed>): void {
    if (verified === 'forged')
      return options.onRejection(peer, { code: 'SIGNATURE_INVALID', detail: `at height ${heightOf(value)}` })
    seen.delete(key)
    if (verified === 'unchecked' || heightOf(verified) !== core.height) return
    if ('signers' in verified) return options.deliver({ type: 'certificate', certificate: verified })
    if ('vote' in verified) {
      const { height, round, kind } = verified.vote
      telemetry.count('synod_consensus_votes_total', 1, { kind: kind === precommit ? 'precommit' : 'prevote' })
      options.onSigned(verified.validator, { height, round, step: kind })
      return options.deliver({ type: 'vote', vote: verified })
    }
    const { height, round, blockHash } = verified.proposal
    const proposer = core.proposerOf(round)
    if (proposer !== undefined) options.onSigned(proposer, { height, round, step: 0 })
    options.candidates.heardFrom(blockHash, peer)
    noteProposal(options.trace, 'received', verified, peer)
    options.deliver({ type: 'proposal', proposal: verified })
  }

  return {
    onMessage,
    broadcast(message) {
      noteOwn(options.trace, message)
      const encoded = encode(consensusMessageSchema, message)
      for (const peer of network.peers()) network.send(peer.id, 'consensus', encoded)
    },
    onHeight() {
      seen = createBoundedMap(inCheckMax)
      for (const received of early.release()) take(received)
    },
    tell: exchange.tell,
    forget(peer) {
      for (const room of [queue, early, exchange, replays]) room.forget(peer)
    },
    start: exchange.start,
    stop: exchange.stop,
  }
}

function signedPart(message: Exclude<ConsensusMessage, { type: 'round-state' }>): Signed {
  if (message.type === 'proposal') return message.proposal
  return message.type === 'vote' ? message.vote : message.certificate
}

function outbound(message: Signed): Outbound {
  if ('signers' in message) return { type: 'certificate', certificate: message }
  return 'proposal' in message ? { type: 'proposal', proposal: message } : { type: 'vote', vote: message }
}

/** A proposal names the batches of its block: that is where they come into one. */
function noteProposal(
  trace: MessageTrace,
  event: 'proposed' | 'received',
  { proposal, block }: SignedProposal,
  peer?: PeerId,
): void {
  const { height, blockHash } = proposal
  trace.note(event, blockHash, { height, ...(peer !== undefined && { peer }) })
  for (const batch of block.order.batches) trace.note('proposed', batch, { height, within: blockHash })
}

function noteOwn(trace: MessageTrace, message: Outbound): void {
  if (message.type === 'proposal') return noteProposal(trace, 'proposed', message.proposal)
  if (message.type !== 'vote') return
  const { height, kind, blockHash } = message.vote.vote
  if (blockHash) trace.note(kind === precommit ? 'precommitted' : 'prevoted', blockHash, { height })
}

function heightOf(message: Signed): number {
  if ('signers' in message) return message.height
  return 'proposal' in message ? message.proposal.height : message.vote.height
}
