/**
 * What a relay has promised, and what it leads (docs/spec/network.md, "Relays"). Each peer has one reservation, so that a flood of
 * questions only renews it; each host has few, and all together are bounded. Who is at either end of a connection pays for it.
 */
export interface RelayBook {
  /** Makes or renews a reservation. False when there is no room for it. */
  reserve(peer: string, host: string, limits: RelayLimits, now: number): boolean
  isReserved(peer: string, now: number): boolean
  /** Takes a place for a connection; what it returns gives it back, once. Undefined when there is none. */
  enter(from: string, to: string, limits: Pick<RelayLimits, 'circuits' | 'circuitsPerPeer'>): (() => void) | undefined
  /** The peer is gone: its reservation too. Its connections end by themselves. */
  forget(peer: string): void
  usage(now: number): { readonly reservations: number; readonly circuits: number }
}

export interface RelayLimits {
  /** One of each peer, which must be connected directly. */
  readonly reservations: number
  readonly reservationsPerHost: number
  /** Connections led through this node: in all, and that one peer takes part in. */
  readonly circuits: number
  readonly circuitsPerPeer: number
  /** In each direction of each connection; what is beyond waits. */
  readonly bytesPerSecond: number
  /** How long a reservation holds, and then a connection at most. */
  readonly reservationMs: number
  readonly circuitMs: number
}

export function createRelayBook(): RelayBook {
  const reserved = new Map<string, { readonly host: string; readonly until: number }>()
  const ends = new Map<string, number>()
  let circuits = 0

  function sweep(now: number): void {
    for (const [peer, { until }] of reserved) if (until <= now) reserved.delete(peer)
  }

  function count(peer: string, by: 1 | -1): void {
    const next = (ends.get(peer) ?? 0) + by
    if (next === 0) ends.delete(peer)
    else ends.set(peer, next)
  }

  return {
    reserve(peer, host, limits, now) {
      sweep(now)
      const others = [...reserved].filter(([id]) => id !== peer)
      const behindHost = others.filter(([, one]) => one.host === host).length
      if (others.length >= limits.reservations || behindHost >= limits.reservationsPerHost) return false
      reserved.set(peer, { host, until: now + limits.reservationMs })
      return true
    },
    isReserved: (peer, now) => (reserved.get(peer)?.until ?? now) > now,
    enter(from, to, limits) {
      const isCrowded = [from, to].some((peer) => (ends.get(peer) ?? 0) >= limits.circuitsPerPeer)
      if (circuits >= limits.circuits || isCrowded) return undefined
      let isIn = true
      circuits++
      for (const peer of [from, to]) count(peer, 1)
      return () => {
        if (!isIn) return
        isIn = false
        circuits--
        for (const peer of [from, to]) count(peer, -1)
      }
    },
    forget: (peer) => void reserved.delete(peer),
    usage(now) {
      sweep(now)
      return { reservations: reserved.size, circuits }
    },
  }
}
