import { describe, expect, it } from 'vitest'
import { acknowledgeEveryBytes, paceCeilingBytes, paceInitialBytes } from './limits.ts'
import { createPace } from './pace.ts'

interface Link {
  /** Bytes a millisecond: 10,000 are 10 MB/s. */
  readonly rate: number
  readonly roundTripMs: number
  /** Times at which the receiver does nothing, as [from, to]. */
  readonly stalls?: readonly (readonly [number, number])[]
}

interface Run {
  /** Share of what the link could carry. */
  readonly filled: number
  /** How long a vote given to the link at some moment waits behind bulk, of all milliseconds after the start. */
  readonly waitsMs: readonly number[]
  readonly windowBytes: number
}

/** A sender that always has more, a link that is a queue, a receiver that acknowledges: in steps of a quarter of a millisecond. */
function simulate(linkAt: (now: number) => Link, totalMs: number, afterMs = 0): Run {
  const pace = createPace()
  const step = 0.25
  const acks: { at: number; total: number }[] = []
  const waitsMs: number[] = []
  let [sent, acknowledged, carried, reported, heard, carriedAfter] = [0, 0, 0, 0, 0, 0]
  for (let now = 0; now < totalMs; now += step) {
    const link = linkAt(now)
    while (acks[0] !== undefined && acks[0].at <= now) {
      acknowledged = acks.shift()?.total as number
      pace.acknowledged(acknowledged, now)
    }
    const room = pace.windowBytes - (sent - acknowledged)
    if (room >= 8) {
      sent += Math.floor(room)
      pace.sent(sent, now, true)
    }
    const before = carried
    carried = Math.min(sent, carried + link.rate * step)
    if (now >= afterMs) carriedAfter += carried - before
    const isStalled = link.stalls?.some(([from, to]) => now >= from && now < to) ?? false
    if (!isStalled) heard = carried
    if (heard - reported >= acknowledgeEveryBytes) {
      reported = heard
      acks.push({ at: now + link.roundTripMs, total: Math.floor(heard) })
    }
    if (now >= afterMs) waitsMs.push((sent - carried) / link.rate)
  }
  const could = Array.from({ length: Math.floor(totalMs - afterMs) }, (_, ms) => linkAt(afterMs + ms).rate)
  return { filled: carriedAfter / could.reduce((sum, rate) => sum + rate, 0), waitsMs, windowBytes: pace.windowBytes }
}

const most = (waits: readonly number[]) => waits.reduce((left, right) => Math.max(left, right), 0)
const p99 = (waits: readonly number[]) =>
  [...waits].sort((left, right) => left - right)[Math.floor(waits.length * 0.99)] as number

describe('the pace of bulk', () => {
  it.each([
    // rate, round trip, longest wait allowed, share of the link to fill
    [10_000, 0.2, 8, 0.98],
    [10_000, 1, 8, 0.98],
    [10_000, 10, 9, 0.97],
    [10_000, 30, 12, 0.95],
    [10_000, 100, 30, 0.9],
    [50_000, 5, 6, 0.95],
    [100_000, 1, 5, 0.95],
    [100_000, 20, 12, 0.9],
    [300_000, 0.2, 5, 0.95],
    [25_000, 100, 30, 0.85],
  ])(
    'at %d bytes a millisecond and %d ms lets a vote wait %d ms at most, and fills %d of the link',
    (rate, roundTripMs, waitMs, share) => {
      const run = simulate(() => ({ rate, roundTripMs }), 10_000, 2_000)
      expect(p99(run.waitsMs)).toBeLessThan(waitMs)
      expect(run.filled).toBeGreaterThan(share)
    },
  )

  it('does not flood a slow link at its start', () => {
    const run = simulate(() => ({ rate: 10_000, roundTripMs: 1 }), 200)
    expect(most(run.waitsMs)).toBeLessThan(10)
  })

  it('keeps its measure of the round trip over half a minute of saturation', () => {
    const run = simulate(() => ({ rate: 10_000, roundTripMs: 2 }), 30_000, 2_000)
    expect(p99(run.waitsMs)).toBeLessThan(9)
    expect(run.filled).toBeGreaterThan(0.98)
  })

  it('follows a link that becomes faster, slower, or longer', () => {
    const faster = simulate((now) => ({ rate: now < 2_000 ? 10_000 : 100_000, roundTripMs: 5 }), 6_000, 3_000)
    expect(faster.filled).toBeGreaterThan(0.9)
    const slower = simulate((now) => ({ rate: now < 2_000 ? 100_000 : 10_000, roundTripMs: 2 }), 8_000, 5_000)
    expect(p99(slower.waitsMs)).toBeLessThan(10)
    const longer = simulate((now) => ({ rate: 10_000, roundTripMs: now < 2_000 ? 2 : 50 }), 20_000, 14_000)
    expect(longer.filled).toBeGreaterThan(0.85)
  })

  it('does not mistake a peer that stalls for a slow link', () => {
    // Half of the time nothing is read, 15 ms at a time.
    const stalls = Array.from({ length: 200 }, (_, index) => [index * 30, index * 30 + 15] as const)
    const run = simulate(() => ({ rate: 200_000, roundTripMs: 0.5, stalls }), 6_000, 1_000)
    expect(run.windowBytes).toBeGreaterThan(256 << 10)
  })

  it('stays within its bounds on links beyond them', () => {
    expect(simulate(() => ({ rate: 100, roundTripMs: 1 }), 5_000).windowBytes).toBeLessThanOrEqual(paceInitialBytes)
    expect(simulate(() => ({ rate: 1_000_000, roundTripMs: 200 }), 8_000).windowBytes).toBe(paceCeilingBytes)
  })
})
