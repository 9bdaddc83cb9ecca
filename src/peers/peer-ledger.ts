import type { Rejection } from '../primitives/result.ts'

/**
 * What a peer's offences cost it. Pure: the time comes in, a decision comes out, and `engine/` obeys. Reputation runs from −100 to
 * +100, starts at 0, drifts back towards it, and ends the connection at −50.
 */
export const penalties = { invalid: -10, spam: -5, byzantine: -20, signature: -100 } as const
export type Offence = keyof typeof penalties
export type Decision = 'keep' | 'disconnect'

const disconnectAt = -50
const recoveryPerMinute = 10
const entriesMax = 4096

export interface PeerLedger {
  offend(peer: string, offence: Offence, now: number): Decision
  score(peer: string, now: number): number
  /** False for a peer from whom we parted, until its score has recovered. */
  isWelcome(peer: string, now: number): boolean
}

export function createPeerLedger(): PeerLedger {
  const entries = new Map<string, { score: number; at: number }>()

  function score(peer: string, now: number): number {
    const entry = entries.get(peer)
    if (!entry) return 0
    return Math.min(0, entry.score + (Math.max(0, now - entry.at) / 60_000) * recoveryPerMinute)
  }

  return {
    score,
    isWelcome: (peer, now) => score(peer, now) > disconnectAt,
    offend(peer, offence, now) {
      const next = Math.max(-100, score(peer, now) + penalties[offence])
      entries.delete(peer)
      if (entries.size >= entriesMax) entries.delete(entries.keys().next().value as string)
      entries.set(peer, { score: next, at: now })
      return next <= disconnectAt ? 'disconnect' : 'keep'
    },
  }
}

/** The offence behind a refused message; undefined when an honest peer could have sent it. */
export function offenceOf(rejection: Rejection, verdict: 'ignore' | 'reject'): Offence | undefined {
  if (verdict === 'ignore') return undefined
  return rejection.code === 'SIGNATURE_INVALID' ? 'signature' : 'invalid'
}
