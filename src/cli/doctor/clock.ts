import { type Finding, failure, ok, warning } from './finding.ts'

export interface ClockEvidence {
  /** What each time server that answered says: how far this clock is ahead, negative where it is behind. */
  readonly aheadMs: readonly number[]
  /** Time servers that were asked. */
  readonly servers: number
  /** The age of the newest final block by this clock; undefined where the node does not run or has none. */
  readonly newestBlockAgeMs: number | undefined
  /** How far honest clocks may stand apart, as the chain says. */
  readonly precisionMs: number
}

/**
 * A block's time was agreed on by more than two thirds of the stake, so one from the future shows that this clock is behind. One from
 * the past shows nothing: the chain may be quiet.
 */
export function judgeClock({ aheadMs, servers, newestBlockAgeMs, precisionMs }: ClockEvidence): Finding {
  const check = 'clock'
  const advice = 'Let the system set the clock by itself (timedatectl set-ntp true, or chrony).'
  const middle = aheadMs.toSorted((a, b) => a - b)[Math.floor(aheadMs.length / 2)]
  if (middle !== undefined) {
    const apart = Math.round(Math.abs(middle))
    const found = `${apart} ms ${middle < 0 ? 'behind' : 'ahead of'} ${aheadMs.length} of ${servers} time servers; the chain allows ${precisionMs}`
    if (apart > precisionMs) return failure(check, found, advice)
    return apart > precisionMs / 2 ? warning(check, found, advice) : ok(check, found)
  }
  if (newestBlockAgeMs !== undefined && newestBlockAgeMs < -precisionMs)
    return failure(check, `at least ${-newestBlockAgeMs} ms behind the newest block`, advice)
  const silent = servers > 0 ? `none of ${servers} time servers answers` : 'no time server is configured'
  return warning(check, `unknown: ${silent}`, 'Name some in node.time_servers, so that synod doctor can compare.')
}
