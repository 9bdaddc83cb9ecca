import type { DialTarget } from '../dial-target.ts'

/** What is known of one address. Times are of a clock that never goes back, ms; −∞: never. */
export interface BookEntry {
  readonly target: DialTarget
  /** Told by its own host. */
  readonly own: boolean
  /** When somebody last claimed to have seen a node there, or this node did. */
  readonly seenAt: number
  readonly succeededAt: number
  /** Since the last success. Those within a minute count as one. */
  readonly failures: number
  readonly failedAt: number
  /** Where it stands in `new`; nowhere once it is in `tried`. */
  readonly newSlots: readonly number[]
  readonly triedSlot: number | undefined
}

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
/** Not seen by anybody for so long: forgotten. */
const seenAgoMaxMs = 30 * dayMs
const failuresNeverReachedMax = 3
const failuresMax = 10
const silentMaxMs = 7 * dayMs

/** Whether a failure now counts beside the last one: a node that is down for a moment does not use up its chances. */
export function countsAsFailure({ failedAt }: Pick<BookEntry, 'failedAt'>, now: number): boolean {
  return now - failedAt >= minuteMs
}

/** Whether an address is not worth its place: whatever comes may take it. */
export function isTerrible(entry: BookEntry, now: number): boolean {
  if (now - entry.seenAt > seenAgoMaxMs) return true
  if (entry.succeededAt === Number.NEGATIVE_INFINITY) return entry.failures >= failuresNeverReachedMax
  return entry.failures >= failuresMax && now - entry.succeededAt > silentMaxMs
}
