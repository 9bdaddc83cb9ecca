import type { TokenBucketPolicy } from '../primitives/token-bucket.ts'
import type { BudgetPolicy, Totals } from './budget-policy.ts'
import { newUsage, type Usage } from './budget-usage.ts'

/**
 * The buckets of a policy as numbers, and the decision of `takeTokens` over several of them at once: nothing is taken from one unless
 * all conform. Amounts beyond a budget are given in bursts of the bucket that has least; they are not above 0 within the budget.
 */
export interface BudgetTable {
  newUsage(): Usage
  laneOver(usage: Usage, lane: number, bytes: number, now: number): number
  /** Of the peer's own totals and everybody's. */
  totalOver(usage: Usage, lane: number, bytes: number, now: number): number
  spend(usage: Usage, lane: number, bytes: number, now: number): void
  /** Milliseconds until the event would conform. */
  waitMs(usage: Usage, lane: number, bytes: number, now: number): number
  /** The greatest part of its totals that a peer has used, from 0. */
  usedOf(usage: Usage, now: number): number
  shrink(divisor: number): void
}

const totalNames = ['messages', 'requests', 'bytes'] as const satisfies readonly (keyof Totals)[]

export function createBudgetTable({ lanes, peer, everybody }: BudgetPolicy): BudgetTable {
  const totalsAt = 2 * lanes.length
  const bytesAt = totalsAt + totalNames.indexOf('bytes')
  /** The total to which a lane's events count; answers count by their bytes alone. */
  const totalAt = lanes.map(({ kind }) => (kind === 'answers' ? bytesAt : totalsAt + totalNames.indexOf(kind)))
  const ofLanes = lanes.flatMap(({ events, bytes }) => [events, bytes])
  const own = numbersOf([...ofLanes, ...totalNames.map((name) => peer[name])])
  const shared = numbersOf([...ofLanes, ...totalNames.map((name) => everybody[name])])
  const all = newUsage(own.limitMs.length, lanes.length)
  let divisor = 1

  const excess = (table: Numbers, { fullAt }: Usage, at: number, tokens: number, now: number): number => {
    const full = fullAt[at] as number
    const cost = tokens * (table.intervalMs[at] as number) * (at < totalsAt ? 1 : divisor)
    return (full > now ? full - now : 0) + cost - (table.limitMs[at] as number)
  }
  const over = (table: Numbers, usage: Usage, at: number, tokens: number, now: number): number =>
    excess(table, usage, at, tokens, now) / (table.limitMs[at] as number)
  const take = (table: Numbers, { fullAt }: Usage, at: number, tokens: number, now: number): void => {
    const full = fullAt[at] as number
    fullAt[at] = (full > now ? full : now) + tokens * (table.intervalMs[at] as number) * (at < totalsAt ? 1 : divisor)
  }
  const takeTotals = (table: Numbers, usage: Usage, lane: number, bytes: number, now: number): void => {
    const at = totalAt[lane] as number
    take(table, usage, bytesAt, bytes, now)
    if (at !== bytesAt) take(table, usage, at, 1, now)
  }
  const totalsOver = (table: Numbers, usage: Usage, lane: number, bytes: number, now: number): number => {
    const at = totalAt[lane] as number
    const byBytes = over(table, usage, bytesAt, bytes, now)
    return at === bytesAt ? byBytes : Math.max(byBytes, over(table, usage, at, 1, now))
  }

  return {
    newUsage: () => newUsage(own.limitMs.length, lanes.length),
    laneOver: (usage, lane, bytes, now) =>
      Math.max(over(own, usage, 2 * lane, 1, now), over(own, usage, 2 * lane + 1, bytes, now)),
    totalOver: (usage, lane, bytes, now) =>
      Math.max(totalsOver(own, usage, lane, bytes, now), totalsOver(shared, all, lane, bytes, now)),
    spend(usage, lane, bytes, now) {
      take(own, usage, 2 * lane, 1, now)
      take(own, usage, 2 * lane + 1, bytes, now)
      takeTotals(own, usage, lane, bytes, now)
      takeTotals(shared, all, lane, bytes, now)
    },
    waitMs(usage, lane, bytes, now) {
      const at = totalAt[lane] as number
      const tokens = at === bytesAt ? bytes : 1
      return Math.max(
        excess(own, usage, 2 * lane, 1, now),
        excess(own, usage, 2 * lane + 1, bytes, now),
        excess(own, usage, bytesAt, bytes, now),
        excess(own, usage, at, tokens, now),
        excess(shared, all, bytesAt, bytes, now),
        excess(shared, all, at, tokens, now),
      )
    },
    usedOf({ fullAt }, now) {
      let most = 0
      for (let at = totalsAt; at < fullAt.length; at++)
        most = Math.max(most, ((fullAt[at] as number) - now) / (own.limitMs[at] as number))
      return most
    },
    shrink(by) {
      divisor = by
    },
  }
}

interface Numbers {
  readonly intervalMs: Float64Array
  readonly limitMs: Float64Array
}

function numbersOf(policies: readonly TokenBucketPolicy[]): Numbers {
  return {
    intervalMs: Float64Array.from(policies, ({ intervalMs }) => intervalMs),
    limitMs: Float64Array.from(policies, ({ intervalMs, burst }) => intervalMs * burst),
  }
}
