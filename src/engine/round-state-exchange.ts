import { consensusMessageSchema, type RoundState } from '../chain/consensus-message.ts'
import { encode } from '../codec/codec.ts'
import type { Outbound } from '../consensus/tendermint/effect.ts'
import type { Tendermint } from '../consensus/tendermint/tendermint.ts'
import type { Timer } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'
import { type TokenBucket, takeTokens, tokenBucketPolicy } from '../primitives/token-bucket.ts'
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

export function createRoundStateExchange(options: {
  ports: Ports
  core: Tendermint
  onPeerHeight: (peer: PeerId, height: number) => void
}): RoundStateExchange {
  const { core } = options
  const { clock, network } = options.ports
  const answered = new Map<PeerId, TokenBucket>()
  let timer: Timer | undefined
  let lastState = ''
  let lastToldAt = 0

  function mayAnswer(peer: PeerId): boolean {
    const { conforms, bucket } = takeTokens(answers, answered.get(peer) ?? 0, clock.monotonic())
    answered.set(peer, bucket)
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
      options.onPeerHeight(peer, theirs.height - 1)
      if (theirs.height > core.height || !mayAnswer(peer)) return
      if (theirs.height < core.height) network.send(peer, 'consensus', ownState())
      else for (const message of core.missingFor(theirs)) send(peer, message)
    },
    tell,
    forget: (peer) => void answered.delete(peer),
    start: compare,
    stop: () => timer?.cancel(),
  }
}
