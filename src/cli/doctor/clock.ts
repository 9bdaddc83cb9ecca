import { type Finding, failure, ok, warning } from './finding.ts'

export interface ClockEvidence {
  /** What each time server that answered says: how far this clock is ahead, negative where it is behind. */
  readonly aheadMs: readonly number[]
  /** Time servers that were asked. */
  readonly servers: number
  /** The age of the newest final block by this clock; undefined where the node does not run or has none. */
  readonly newestBlockAgeMs: number | undefined
  /** The age, by this clock, of a block that became final before our eyes; undefined where none did. */
  readonly freshBlockAgeMs: number | undefined
  /** How long a block may honestly be on its way until it is final. */
  readonly blockDelayMs: number
  /** How far honest clocks may stand apart, as the chain says. */
  readonly precisionMs: number
}

/**
 * A block's time was agreed on by more than two thirds of the stake, so one from the future shows that this clock is behind the others'. One
 * from the past shows nothing, since the chain may be quiet, unless it has just become final: then this clock is ahead by what its way
 * cannot have taken.
 */
export function judgeClock(evidence: ClockEvidence): Finding {
  const { aheadMs, servers, newestBlockAgeMs, freshBlockAgeMs, blockDelayMs, precisionMs } = evidence
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
    return failure(
      check,
      `at least ${-newestBlockAgeMs} ms behind the validators, whose newest block is of a time to come`,
      advice,
    )
  const silent = servers > 0 ? `none of ${servers} time servers answers` : 'no time server is configured'
  if (freshBlockAgeMs !== undefined) {
    const early = freshBlockAgeMs - blockDelayMs
    if (early > precisionMs)
      return failure(check, `at least ${early} ms ahead of the validators, by a block that just became final`, advice)
    return ok(check, `agrees with the validators: a block became final ${freshBlockAgeMs} ms after its time (${silent})`)
  }
  return warning(check, `unknown: ${silent}`, 'Name some in node.time_servers, so that synod doctor can compare.')
}
