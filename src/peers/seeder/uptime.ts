import { documented, list, struct, uint } from '../../codec/schema.ts'

/**
 * How reliably a peer answered, seen through windows of growing length, each an average that forgets exponentially. The windows and
 * what is asked of each are those of bitcoin-seeder (`CAddrStat` and `CAddrInfo::IsGood`, Pieter Wuille), which has fed a large network
 * for years: a peer that is new is believed soon, one that is known is not given up for one bad hour.
 */
interface Window {
  readonly windowMs: number
  /** Share of tests that succeeded, and how many tests it takes to believe it. */
  readonly reliability: number
  readonly count: number
}

const hourMs = 3_600_000
const windows: readonly Window[] = [
  { windowMs: 2 * hourMs, reliability: 0.85, count: 2 },
  { windowMs: 8 * hourMs, reliability: 0.7, count: 4 },
  { windowMs: 24 * hourMs, reliability: 0.55, count: 8 },
  { windowMs: 7 * 24 * hourMs, reliability: 0.45, count: 16 },
  { windowMs: 30 * 24 * hourMs, reliability: 0.35, count: 32 },
]

/** Reliability in millionths, tests in thousandths, since files hold integers. */
export const uptimeSchema = struct('Uptime', {
  tests: documented(uint(), 'Ever.'),
  successes: uint(),
  /** Of each window, the shortest first. */
  reliabilityPpm: list(uint({ max: 1_000_000 }), { min: windows.length, max: windows.length }),
  countMilli: list(uint(), { min: windows.length, max: windows.length }),
})

export interface Uptime {
  readonly tests: number
  readonly successes: number
  readonly reliabilityPpm: readonly number[]
  readonly countMilli: readonly number[]
}

export const untested: Uptime = {
  tests: 0,
  successes: 0,
  reliabilityPpm: windows.map(() => 0),
  countMilli: windows.map(() => 0),
}

/** @param sinceMs time since the test before; the first one's does not matter. */
export function afterTest(uptime: Uptime, isGood: boolean, sinceMs: number): Uptime {
  const kept = windows.map(({ windowMs }) => Math.exp(-Math.max(0, sinceMs) / windowMs))
  const fades = (value: number, index: number) => value * (kept[index] as number)
  return {
    tests: uptime.tests + 1,
    successes: uptime.successes + (isGood ? 1 : 0),
    reliabilityPpm: uptime.reliabilityPpm.map((ppm, index) => {
      const fresh = isGood ? (1 - (kept[index] as number)) * 1_000_000 : 0
      return Math.min(1_000_000, Math.round(fades(ppm, index) + fresh))
    }),
    countMilli: uptime.countMilli.map((count, index) => Math.round(fades(count, index)) + 1000),
  }
}

export function isReliable({ tests, successes, reliabilityPpm, countMilli }: Uptime): boolean {
  if (tests > 0 && tests <= 3 && successes * 2 >= tests) return true
  return windows.some(
    ({ reliability, count }, index) =>
      (reliabilityPpm[index] as number) > reliability * 1_000_000 && (countMilli[index] as number) > count * 1000,
  )
}
