/**
 * What peers' deeds make of their names. Pure: the time comes in, a decision comes out, and `engine/` obeys. Reputation runs from −100
 * to +100, starts at 0 and drifts back to it. At −20 a peer is throttled; at −50 it is banned, for longer each time, and for ever at
 * the fifth.
 *
 * Times are milliseconds of a clock that never goes back, and every duration is counted by it alone: a wall clock that jumps can
 * neither free a banned peer nor hold it.
 */
export const penalties = { invalid: -10, spam: -5, byzantine: -20, signature: -100, attestation: -50 } as const
export type Offence = keyof typeof penalties

/** What a good deed earns. Whole hundreds of them are needed to outweigh one offence. */
export const earnings = { 'minute-connected': 0.1, 'batch-useful': 0.02, 'block-served': 0.1 } as const
export type GoodDeed = keyof typeof earnings

/** `throttle`: the peer stays, and is served and read more slowly. `ban`: it is disconnected, and not welcome for a while. */
export type Decision = 'keep' | 'throttle' | 'ban'

export const scoreMax = 100
/** Scores are compared in whole points: what seconds forgive does not keep five offences of −10 from adding up to −50. */
const throttleAt = -20
const banAt = -50
/** How long the first, second, third and fourth ban last; the fifth has no end. */
export const banDurationsMs: readonly number[] = [10, 60, 6 * 60, 36 * 60].map((minutes) => minutes * 60_000)

const forgivenPerMinute = 1
const fadedPerMinute = 1 / 12
/** However much a peer does, its name grows this fast at most: a hundred minutes from 0 to the top. */
const earnedPerMinuteMax = 1
/** A week without a ban takes one off the count that lengthens the next. */
const banForgottenMs = 7 * 24 * 60 * 60_000
const reasonsMax = 4
const reasonLengthMax = 96
/** How many peers with a name, and how many banned ones, are remembered. */
export const ledgerBounds = { known: 4096, banned: 4096 } as const
/** How many of those longest unheard of are compared when one has to be forgotten. */
const forgettingChoice = 16

export interface Reason {
  readonly what: string
  readonly at: number
  readonly change: number
}

/** One peer's account. `score` is as of `at`. */
export interface LedgerEntry {
  readonly score: number
  readonly at: number
  /** Bans so far, of which good weeks take some off; the last one began at `lastBanAt`. */
  readonly bans: number
  readonly lastBanAt: number
  /** Infinity: for ever. */
  readonly bannedUntil: number | undefined
  /** The latest offences, the last one last. */
  readonly reasons: readonly Reason[]
}

export interface PeerLedger {
  /** `immune`: whatever it does, it is not banned. */
  offend(peer: string, offence: Offence, what: string, now: number, immune?: boolean): Decision
  reward(peer: string, deed: GoodDeed, now: number): void
  score(peer: string, now: number): number
  /** False for a peer that is banned. */
  isWelcome(peer: string, now: number): boolean
  standing(peer: string, now: number): LedgerEntry
  /** Lifts a ban, and forgets what led to it. False when there was none. */
  pardon(peer: string, now: number): boolean
  bans(now: number): readonly (readonly [peer: string, entry: LedgerEntry])[]
  /** Everything worth remembering, the longest unheard of first. */
  entries(now: number): readonly (readonly [peer: string, entry: LedgerEntry])[]
}

const stranger: Omit<LedgerEntry, 'at'> = {
  score: 0,
  bans: 0,
  lastBanAt: Number.NEGATIVE_INFINITY,
  bannedUntil: undefined,
  reasons: [],
}

/** @param remembered entries of an earlier ledger, in its order. */
export function createPeerLedger(remembered: Iterable<readonly [string, LedgerEntry]> = []): PeerLedger {
  // Apart, so that strangers, who cost nothing to make, push out other strangers and never a ban.
  const known = new Map<string, LedgerEntry>()
  const banned = new Map<string, LedgerEntry>()
  for (const [peer, entry] of remembered) remember(peer, entry)

  function remember(peer: string, entry: LedgerEntry): void {
    known.delete(peer)
    banned.delete(peer)
    const book = entry.bannedUntil === undefined ? known : banned
    book.set(peer, entry)
    if (known.size > ledgerBounds.known) known.delete(leastRemarkable(known))
    if (banned.size > ledgerBounds.banned) banned.delete(soonestFree(banned))
  }

  function standing(peer: string, now: number): LedgerEntry {
    const entry = banned.get(peer) ?? known.get(peer)
    return entry ? settled(entry, now) : { ...stranger, at: now }
  }

  const isWelcome = (peer: string, now: number) => standing(peer, now).bannedUntil === undefined

  return {
    offend(peer, offence, what, now, immune = false) {
      const entry = standing(peer, now)
      const booked = booking(entry, offence, what, now)
      const next = immune || entry.bannedUntil !== undefined || Math.round(booked.score) > banAt ? booked : banning(booked, now)
      remember(peer, next)
      if (next.bannedUntil !== undefined) return 'ban'
      return Math.round(next.score) <= throttleAt ? 'throttle' : 'keep'
    },
    reward(peer, deed, now) {
      const entry = standing(peer, now)
      if (entry.bannedUntil !== undefined) return
      // What is earned is bounded by the time since the last entry, which every deed moves: bursts earn no more than a minute's worth.
      const elapsedMinutes = known.has(peer) ? Math.min(1, Math.max(0, now - (known.get(peer) as LedgerEntry).at) / 60_000) : 1
      const earned = Math.min(earnings[deed], elapsedMinutes * earnedPerMinuteMax)
      remember(peer, { ...entry, score: Math.min(scoreMax, entry.score + earned), at: now })
    },
    score: (peer, now) => standing(peer, now).score,
    isWelcome,
    standing,
    pardon(peer, now) {
      if (isWelcome(peer, now)) return false
      banned.delete(peer)
      return true
    },
    bans: (now) => [...banned].map(([peer, entry]) => [peer, settled(entry, now)] as const).filter(isBan),
    entries: (now) =>
      [...known, ...banned]
        .map(([peer, entry]) => [peer, settled(entry, now)] as const)
        .sort(([, left], [, right]) => left.at - right.at),
  }
}

/** The entry as time has made it: a ban that is over has become probation, and the score has drifted towards 0. */
function settled(entry: LedgerEntry, now: number): LedgerEntry {
  if (entry.bannedUntil !== undefined) {
    if (now < entry.bannedUntil) return entry
    // Whoever comes back is watched: one step from being banned again it is not, but it is throttled.
    return settled({ ...entry, score: throttleAt, at: entry.bannedUntil, bannedUntil: undefined }, now)
  }
  const minutes = Math.max(0, now - entry.at) / 60_000
  const score =
    entry.score < 0 ? Math.min(0, entry.score + minutes * forgivenPerMinute) : Math.max(0, entry.score - minutes * fadedPerMinute)
  return { ...entry, score, at: Math.max(now, entry.at) }
}

function booking(entry: LedgerEntry, offence: Offence, what: string, now: number): LedgerEntry {
  const change = penalties[offence]
  // These cannot happen by accident, so a good name does not buy any.
  const deliberate = offence === 'signature' || offence === 'byzantine' || offence === 'attestation'
  const score = Math.max(-scoreMax, (deliberate ? Math.min(0, entry.score) : entry.score) + change)
  const reasons = [...entry.reasons, { what: what.slice(0, reasonLengthMax).toWellFormed(), at: now, change }].slice(-reasonsMax)
  return { ...entry, score, at: now, reasons }
}

function banning(entry: LedgerEntry, now: number): LedgerEntry {
  const forgotten = Math.max(0, Math.floor((now - entry.lastBanAt) / banForgottenMs))
  const bans = Math.max(0, entry.bans - (entry.bans === 0 ? 0 : forgotten)) + 1
  const durationMs = banDurationsMs[bans - 1] ?? Number.POSITIVE_INFINITY
  return { ...entry, bans, lastBanAt: now, bannedUntil: now + durationMs }
}

const isBan = ([, entry]: readonly [string, LedgerEntry]): boolean => entry.bannedUntil !== undefined

/** Of those longest unheard of, the one whose account is nearest to a stranger's. */
function leastRemarkable(known: ReadonlyMap<string, LedgerEntry>): string {
  let least: readonly [string, number] | undefined
  let seen = 0
  for (const [peer, entry] of known) {
    // A good name takes hours to earn, a bad one a message.
    const weight = Math.max(10 * entry.score, -entry.score) + entry.bans * scoreMax
    if (!least || weight < least[1]) least = [peer, weight]
    if (++seen === forgettingChoice) break
  }
  return (least as readonly [string, number])[0]
}

function soonestFree(banned: ReadonlyMap<string, LedgerEntry>): string {
  let soonest: readonly [string, number] | undefined
  for (const [peer, { bannedUntil = 0 }] of banned) {
    if (!soonest || bannedUntil < soonest[1]) soonest = [peer, bannedUntil]
  }
  return (soonest as readonly [string, number])[0]
}
