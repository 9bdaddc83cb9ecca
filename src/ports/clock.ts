/** Time, as the node is allowed to know it. Production reads the machine's clock; the simulator owns both hands. */
export interface Clock {
  /** Wall-clock time in whole milliseconds since the Unix epoch. May jump. */
  now(): number
  /** Milliseconds from an arbitrary start, never going back; for durations only. */
  monotonic(): number
  /** Calls back once after `delayMs` (≥ 0). Callbacks never run inside `schedule` itself. */
  schedule(delayMs: number, callback: () => void): Timer
}

export interface Timer {
  cancel(): void
}
