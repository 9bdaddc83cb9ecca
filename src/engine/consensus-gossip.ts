import type { Certificate } from '../chain/certificate.ts'
import { type ConsensusMessage, consensusMessageSchema, type RoundState } from '../chain/consensus-message.ts'
import type { SignedProposal } from '../chain/proposal.ts'
import { precommit, type SignedVote } from '../chain/vote.ts'
import { decode, encode } from '../codec/codec.ts'
import type { Outbound } from '../consensus/tendermint/effect.ts'
import type { Input } from '../consensus/tendermint/input.ts'
import type { Tendermint } from '../consensus/tendermint/tendermint.ts'
import { checkCertificate, checkProposal, checkVote } from '../consensus/verification.ts'
import { sha256 } from '../crypto/hash.ts'
import type { SignatureItem, Verified } from '../crypto/verified.ts'
import type { Timer } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import { type Bytes, toHex } from '../primitives/bytes.ts'
import type { Rejection, Result } from '../primitives/result.ts'
import type { Candidates } from './candidates.ts'
import type { Chain } from './chain.ts'
import type { Ports } from './ports.ts'
import { createVerificationQueue } from './verification-queue.ts'

/**
 * Consensus messages between peers. Nothing reaches the core, or any other peer, before its signature has been checked; what concerns
 * the next height waits in bounded slots; and peers tell each other where they stand, so that each sends what the other lacks.
 */
export interface ConsensusGossip {
  onMessage(peer: PeerId, message: Bytes): void
  broadcast(message: Outbound): void
  /** The core moved to another height: what waited for it is looked at again. */
  onHeight(): void
  start(): void
  stop(): void
}

export interface GossipOptions {
  readonly ports: Ports
  readonly chain: Chain
  readonly core: Tendermint
  readonly candidates: Candidates
  readonly deliver: (input: Input) => void
  readonly onPeerHeight: (peer: PeerId, height: number) => void
  readonly onRejection: (peer: PeerId, rejection: Rejection) => void
  /** Sees every verified vote before the core does. */
  readonly onVote: (vote: SignedVote) => void
  readonly onFailure: (error: unknown) => void
}

type Signed = SignedProposal | SignedVote | Certificate

/** Peers compare where they stand this often while a height does not move, and at least every `heartbeatMs`. */
const compareMs = 250
const heartbeatMs = 1000
const futureMax = 1024
const futurePerPeerMax = 256
const seenMax = 8192

export function createConsensusGossip(options: GossipOptions): ConsensusGossip {
  const { ports, chain, core, candidates } = options
  const { clock, network, telemetry, verifier } = ports
  const queue = createVerificationQueue<Signed>(verifier, onChecked, options.onFailure)
  let seen = createBoundedMap<string, true>(seenMax)
  let future: { readonly peer: PeerId; readonly message: Signed; readonly key: string }[] = []
  let timer: Timer | undefined
  let lastState = ''
  let lastSentAt = 0

  function onMessage(peer: PeerId, bytes: Bytes): void {
    const decoded = decode(consensusMessageSchema, bytes)
    if (!decoded.ok) return options.onRejection(peer, decoded.error)
    const message = decoded.value
    if (message.type === 'round-state') return onRoundState(peer, message.roundState)
    if (message.type === 'proposal') telemetry.count('synod_proposal_bytes_total', bytes.length)
    take(peer, signedPart(message), toHex(sha256(bytes)))
  }

  /** `key` names the message by content: what was looked at once, from whomever, is not looked at again. */
  function take(peer: PeerId, message: Signed, key: string): void {
    const height = heightOf(message)
    if (height === core.height + 1) return wait(peer, message, key)
    if (height > core.height) return options.onPeerHeight(peer, height - 1)
    if (height < core.height || seen.has(key) || !core.isNews(outbound(message))) return
    seen.set(key, true)
    const checked = check(message)
    if (!checked.ok) return options.onRejection(peer, checked.error)
    if (!queue.add({ peer, value: message, signature: checked.value })) seen.delete(key)
  }

  function wait(peer: PeerId, message: Signed, key: string): void {
    options.onPeerHeight(peer, core.height)
    const held = future.filter((entry) => entry.peer === peer).length
    if (future.length < futureMax && held < futurePerPeerMax) future.push({ peer, message, key })
  }

  function check(message: Signed): Result<SignatureItem> {
    const { validators } = chain.tip()
    const context = { chainId: chain.chainId, height: core.height, validators }
    if ('vote' in message) return checkVote(message, context)
    return 'proposal' in message
      ? checkProposal(message, { ...context, proposerOf: core.proposerOf })
      : checkCertificate(message, context)
  }

  function onChecked({ peer, value }: { peer: PeerId; value: Signed }, verified: Verified<Signed> | undefined): void {
    if (!verified) return options.onRejection(peer, { code: 'SIGNATURE_INVALID', detail: `at height ${heightOf(value)}` })
    if (heightOf(verified) !== core.height) return
    if ('proposal' in verified) {
      candidates.heardFrom(verified.proposal.blockHash, peer)
      return options.deliver({ type: 'proposal', proposal: verified })
    }
    if ('signers' in verified) return options.deliver({ type: 'certificate', certificate: verified })
    telemetry.count('synod_consensus_votes_total', 1, { kind: verified.vote.kind === precommit ? 'precommit' : 'prevote' })
    options.onVote(verified)
    options.deliver({ type: 'vote', vote: verified })
  }

  function onRoundState(peer: PeerId, theirs: RoundState): void {
    options.onPeerHeight(peer, theirs.height - 1)
    if (theirs.height === core.height) for (const message of core.missingFor(theirs)) send(peer, message)
    else if (theirs.height < core.height) sendRoundState(peer)
  }

  function send(peer: PeerId, message: Outbound): void {
    network.send(peer, 'consensus', encode(consensusMessageSchema, message))
  }

  function sendRoundState(peer: PeerId): void {
    network.send(peer, 'consensus', encode(consensusMessageSchema, { type: 'round-state', roundState: core.roundState() }))
  }

  /** A height that moves needs no comparing; one that does not is compared until it does. */
  function compare(): void {
    timer = clock.schedule(compareMs, compare)
    const state = `${core.height} ${core.round} ${core.step}`
    const now = clock.monotonic()
    const stuck = state === lastState && core.step !== 'new-height'
    lastState = state
    if (!stuck && now - lastSentAt < heartbeatMs) return
    lastSentAt = now
    for (const peer of network.peers()) sendRoundState(peer.id)
  }

  return {
    onMessage,
    broadcast(message) {
      const encoded = encode(consensusMessageSchema, message)
      for (const peer of network.peers()) network.send(peer.id, 'consensus', encoded)
    },
    onHeight() {
      seen = createBoundedMap(seenMax)
      const waiting = future
      future = []
      for (const { peer, message, key } of waiting) take(peer, message, key)
    },
    start: compare,
    stop: () => timer?.cancel(),
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

function heightOf(message: Signed): number {
  if ('signers' in message) return message.height
  return 'proposal' in message ? message.proposal.height : message.vote.height
}
