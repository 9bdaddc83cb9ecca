import type { Clock } from '../ports/clock.ts'

/** How far block sync has come, and how long it may still take. */
export interface SyncProgress {
  /** Of the latest block here. */
  readonly height: number
  /** Height that peers confirm. */
  readonly target: number
  /** Over the last seconds. */
  readonly blocksPerSecond: number
  /** Unknown before the first second. */
  readonly remainingMs: number | undefined
}

export interface SyncProgressMeter {
  begin(height: number): void
  /** A line for the log when one is due. */
  reached(height: number, target: number): SyncProgress | undefined
  now(height: number, target: number): SyncProgress
}

const lineEveryMs = 2000
/** The rate follows the last measures, each of a second. */
const measureMs = 1000
const weight = 0.3

export function createSyncProgress(clock: Clock): SyncProgressMeter {
  let rate: number | undefined
  let measured = { at: 0, height: 0 }
  let saidAt = 0

  function measure(height: number): void {
    const now = clock.monotonic()
    const passedMs = now - measured.at
    if (passedMs < measureMs) return
    const latest = ((height - measured.height) * 1000) / passedMs
    rate = rate === undefined ? latest : rate + (latest - rate) * weight
    measured = { at: now, height }
  }

  function now(height: number, target: number): SyncProgress {
    measure(height)
    const blocksPerSecond = Math.round(rate ?? 0)
    const remainingMs = blocksPerSecond > 0 ? Math.round(((target - height) * 1000) / blocksPerSecond) : undefined
    return { height, target, blocksPerSecond, remainingMs }
  }

  return {
    begin(height) {
      measured = { at: clock.monotonic(), height }
      saidAt = clock.monotonic()
      rate = undefined
    },
    reached(height, target) {
      const progress = now(height, target)
      if (clock.monotonic() - saidAt < lineEveryMs) return undefined
      saidAt = clock.monotonic()
      return progress
    },
    now,
  }
}
