/** What one peer, or all together, have used of their budgets. Mutable, and one array of numbers: it changes with every message. */
export interface Usage {
  /** When each bucket is full again: events and bytes of every lane, then the totals. */
  readonly fullAt: Float64Array
  /** Events of each lane that were turned away since the last strike. */
  readonly refused: Float64Array
  protected: boolean
  /** The bucket of strikes that are forgiven. */
  strikes: number
  pausedUntil: number
}

export function newUsage(buckets: number, lanes: number): Usage {
  const fullAt = new Float64Array(buckets)
  return { fullAt, refused: new Float64Array(lanes), protected: false, strikes: 0, pausedUntil: 0 }
}

/** Everybody's usage. Who has gone and owes something is remembered: coming back gains nothing. */
export interface UsageBook {
  of(peer: string): Usage
  leave(peer: string, now: number): void
  connected(): IterableIterator<[string, Usage]>
  readonly size: number
}

const goneMax = 4096

export function createUsageBook(create: () => Usage): UsageBook {
  const connected = new Map<string, Usage>()
  const gone = new Map<string, Usage>()

  function enter(peer: string): Usage {
    const usage = gone.get(peer) ?? create()
    gone.delete(peer)
    connected.set(peer, usage)
    return usage
  }

  return {
    of: (peer) => connected.get(peer) ?? enter(peer),
    leave(peer, now) {
      const usage = connected.get(peer)
      connected.delete(peer)
      if (!usage || (usage.strikes <= now && usage.fullAt.every((fullAt) => fullAt <= now))) return
      usage.protected = false
      if (gone.size >= goneMax) gone.delete(gone.keys().next().value as string)
      gone.set(peer, usage)
    },
    connected: () => connected.entries(),
    get size() {
      return connected.size + gone.size
    },
  }
}
