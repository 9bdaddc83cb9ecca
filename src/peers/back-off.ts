/**
 * How long to wait before an address is dialled again: pauses double with every failure in a row, and are jittered, so that nodes which
 * lost the same peer do not all come back at once. A connection that holds a minute wipes the slate clean; one that breaks sooner counts
 * against the address, or one that accepts and hangs up would be dialled several times a second for ever.
 */
export interface BackOffPolicy {
  readonly firstMs: number
  readonly maxMs: number
  /** Connections that broke early count this often at most. */
  readonly flapsMax: number
}

export interface BackOff {
  /** In a row. */
  readonly failures: number
  succeeded(now: number): void
  /** Each returns the pause, ms; `chance` is from 0 to 1. */
  failed(chance: number): number
  lost(now: number, chance: number): number
}

export const stableMs = 60_000

export function createBackOff(policy: BackOffPolicy): BackOff {
  let failures = 0
  let flaps = 0
  let since = 0

  /** Between half and the whole of a pause that doubles. */
  function pause(doublings: number, chance: number): number {
    const ms = Math.min(policy.maxMs, policy.firstMs * 2 ** Math.min(doublings, 20))
    return Math.round(ms * (0.5 + chance / 2))
  }

  return {
    get failures() {
      return failures
    },
    succeeded(now) {
      failures = 0
      since = now
    },
    failed(chance) {
      failures++
      return pause(Math.max(flaps, failures), chance)
    },
    lost(now, chance) {
      const doublings = now - since >= stableMs ? 0 : flaps
      flaps = now - since >= stableMs ? 0 : Math.min(policy.flapsMax, flaps + 1)
      return pause(doublings, chance)
    },
  }
}
