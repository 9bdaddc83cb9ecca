import { takeTokens, tokenBucketPolicy } from '../primitives/token-bucket.ts'
import type { BudgetPolicy, LanePolicy } from './budget-policy.ts'
import { createBudgetTable } from './budget-table.ts'
import { createUsageBook, type Usage } from './budget-usage.ts'

/**
 * What a connected peer may cost. The lanes judge: who insists on more than a lane gives is a spammer. The totals only pace: they bind
 * when all lanes together are more than this node can serve, which is nobody's fault. Asked for every message: the answer costs one
 * look-up and allocates nothing. Pure: the time comes in.
 */
export interface PeerBudgets {
  /** One event of so many bytes in the lane of this place in the policy. */
  charge(peer: string, lane: number, bytes: number, now: number): BudgetOutcome
  /** What follows from an event that was not simply taken. Asked once for each. */
  respond(peer: string, lane: number, bytes: number, now: number): BudgetResponse
  /** The messages of a validator that has proved itself are held back last: the totals do not bind it. */
  protect(peer: string, isProtected: boolean): void
  /** What the totals are divided by, 1 or more, while this node is strained. */
  shrink(divisor: number): void
  /** Those who used much of their totals, the noisiest first; never the protected. */
  noisiest(count: number, now: number): readonly string[]
  /** The peer is gone. */
  leave(peer: string, now: number): void
  /** Peers of whom anything is remembered. */
  readonly size: number
}

/** `defer`: it is taken, and the peer should be read from no more for a while. */
export type BudgetOutcome = 'take' | 'defer' | 'refuse'

export interface BudgetResponse {
  /** How long to read nothing from the peer: until half a burst is back, so that what it held back meanwhile fits in. 0: go on. */
  readonly pauseMs: number
  /** When the same event would be within the budget. */
  readonly retryMs: number
  /** The peer was held back, or turned away, too often. */
  readonly spam: boolean
}

/** A longer pause would look to the peer like a dead link; what it does not cover the next one does. */
const pauseMsMax = 2000
/** Pauses, and shares of a burst turned away, that are forgiven. */
const strikesForgiven = tokenBucketPolicy(4, 60_000)
/** The part of its totals that a peer uses up before it is noisy: at its usual speed an honest one stays near none. */
const noiseFrom = 0.1
const refusedPerStrike = ({ events }: LanePolicy): number => Math.max(32, events.burst / 8)

export function createPeerBudgets(policy: BudgetPolicy): PeerBudgets {
  const { lanes } = policy
  const table = createBudgetTable(policy)
  const book = createUsageBook(table.newUsage)

  function isStrike(usage: Usage, lane: number): boolean {
    const refused = (usage.refused[lane] as number) + 1
    const strike = refused >= refusedPerStrike(lanes[lane] as LanePolicy)
    usage.refused[lane] = strike ? 0 : refused
    return strike
  }

  function isForgiven(usage: Usage, now: number): boolean {
    const { conforms, bucket } = takeTokens(strikesForgiven, usage.strikes, now)
    usage.strikes = bucket
    return conforms
  }

  return {
    charge(peer, lane, bytes, now) {
      const usage = book.of(peer)
      const byLane = table.laneOver(usage, lane, bytes, now)
      if (byLane > ((lanes[lane] as LanePolicy).beyond === 'defer' ? 1 : 0)) return 'refuse'
      const byTotal = usage.protected ? 0 : table.totalOver(usage, lane, bytes, now)
      if (byTotal > 1) return 'refuse'
      table.spend(usage, lane, bytes, now)
      return byLane > 0 || byTotal > 0 ? 'defer' : 'take'
    },

    respond(peer, lane, bytes, now) {
      const usage = book.of(peer)
      const { beyond, events, judged } = lanes[lane] as LanePolicy
      const retryMs = Math.ceil(Math.max(1, table.waitMs(usage, lane, bytes, now)))
      const pauses = beyond === 'defer' && now >= usage.pausedUntil
      const pauseMs = pauses ? Math.min(pauseMsMax, retryMs + Math.ceil((events.burst * events.intervalMs) / 2)) : 0
      if (pauses) usage.pausedUntil = now + pauseMs
      const byLane = table.laneOver(usage, lane, bytes, now)
      // What arrives during a pause was under way already, up to another burst of it.
      const faulty = judged && byLane > (beyond === 'defer' && !pauses ? 1 : 0)
      const strike = faulty && (pauses || isStrike(usage, lane))
      return { pauseMs, retryMs, spam: strike && !isForgiven(usage, now) }
    },

    protect: (peer, isProtected) => {
      book.of(peer).protected = isProtected
    },
    shrink: table.shrink,

    noisiest(count, now) {
      const used = [...book.connected()].flatMap(([peer, usage]) =>
        usage.protected ? [] : [{ peer, used: table.usedOf(usage, now) }],
      )
      const noisy = used.filter((each) => each.used > noiseFrom).sort((left, right) => right.used - left.used)
      return noisy.slice(0, count).map(({ peer }) => peer)
    },

    leave: book.leave,
    get size() {
      return book.size
    },
  }
}
