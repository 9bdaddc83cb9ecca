import { consensusMessageSchema, type RoundState } from '../chain/consensus-message.ts'
import { encode } from '../codec/codec.ts'
import type { Outbound } from '../consensus/tendermint/effect.ts'
import type { Tendermint } from '../consensus/tendermint/tendermint.ts'
import type { Timer } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'
import type { Rejection } from '../primitives/result.ts'
import { type TokenBucket, type TokenBucketPolicy, takeTokens, tokenBucketPolicy } from '../primitives/token-bucket.ts'
import type { Ports } from './ports.ts'

/**
 * Peers tell each other where they stand, and each sends what the other lacks: what the network lost is made up for within a
 * comparison or two. Spec: docs/spec/consensus.md, gossip.
 */
export interface RoundStateExchange {
  onRoundState(peer: PeerId, theirs: RoundState): void
  /** Tells all peers at once where this node stands. */
  tell(): void
  forget(peer: PeerId): void
  start(): void
  stop(): void
}

/** Peers compare where they stand this often while a height does not move, and at least every `heartbeatMs`. */
const compareMs = 250
const heartbeatMs = 1000
/** A round state is small and its answer may be large: an honest peer asks every `compareMs`, another gets no more than this. */
const answers = tokenBucketPolicy(8, 1000, 16)
/**
 * What an honest peer may send besides: its own comparisons, and its answers to ours when it is ahead, which makes 12 a second. The burst
 * is what it may have had to hold back while the link, or this node, stood still.
 */
const tolerated = tokenBucketPolicy(50, 1000, 400)

const tooMany: Rejection = { code: 'ROUND_STATE_FLOOD', detail: '' }

export function createRoundStateExchange(options: {
  ports: Ports
  core: Tendermint
  onPeerHeight: (peer: PeerId, height: number) => void
  onRejection: (peer: PeerId, rejection: Rejection) => void
}): RoundStateExchange {
  const { core } = options
  const { clock, network } = options.ports
  const answered = new Map<PeerId, TokenBucket>()
  const received = new Map<PeerId, TokenBucket>()
  let timer: Timer | undefined
  let lastState = ''
  let lastToldAt = 0

  function takes(policy: TokenBucketPolicy, buckets: Map<PeerId, TokenBucket>, peer: PeerId): boolean {
    const { conforms, bucket } = takeTokens(policy, buckets.get(peer) ?? 0, clock.monotonic())
    buckets.set(peer, bucket)
    return conforms
  }

  function send(peer: PeerId, message: Outbound): void {
    network.send(peer, 'consensus', encode(consensusMessageSchema, message))
  }

  function ownState(): Uint8Array {
    return encode(consensusMessageSchema, { type: 'round-state', roundState: core.roundState() })
  }

  function tell(): void {
    lastToldAt = clock.monotonic()
    const message = ownState()
    for (const peer of network.peers()) network.send(peer.id, 'consensus', message)
  }

  /** A height that moves needs no comparing; one that does not is compared until it does. */
  function compare(): void {
    timer = clock.schedule(compareMs, compare)
    const state = `${core.height} ${core.round} ${core.step}`
    const stuck = state === lastState && core.step !== 'new-height'
    lastState = state
    if (stuck || clock.monotonic() - lastToldAt >= heartbeatMs) tell()
  }

  return {
    onRoundState(peer, theirs) {
      if (!takes(tolerated, received, peer)) return options.onRejection(peer, tooMany)
      options.onPeerHeight(peer, theirs.height - 1)
      if (theirs.height > core.height || !takes(answers, answered, peer)) return
      if (theirs.height < core.height) network.send(peer, 'consensus', ownState())
      else for (const message of core.missingFor(theirs)) send(peer, message)
    },
    tell,
    forget(peer) {
      answered.delete(peer)
      received.delete(peer)
    },
    start: compare,
    stop: () => timer?.cancel(),
  }
}
