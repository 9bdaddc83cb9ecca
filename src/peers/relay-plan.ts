import { type BackOff, createBackOff } from './back-off.ts'

/**
 * Which relays lead others here: as many as are wanted, of those that offer it, renewed well before they end, and replaced at once when
 * one is lost. Who refuses is asked again later and later.
 */
export interface RelayPlan {
  /** Whom to ask now, to begin or to renew, and who is not needed any more. Each one asked is answered by one of the next two. */
  due(candidates: readonly RelayCandidate[], wanted: number, now: number): RelayDecision
  granted(relay: string, forMs: number, now: number): void
  refused(relay: string, now: number, chance: number): void
  held(): readonly string[]
}

export interface RelayCandidate {
  readonly peer: string
  /** Named by the operator. */
  readonly preferred: boolean
  /** It says that it relays. What a hello says may have changed since: one that does not say so is asked when nobody else is left. */
  readonly offers: boolean
  readonly group: string
  readonly latencyMs: number | undefined
}

export interface RelayDecision {
  readonly ask: readonly string[]
  readonly release: readonly string[]
}

const refusedBackOff = { firstMs: 30_000, maxMs: 1_800_000, flapsMax: 0 } as const
/** A reservation is renewed when this part of it is left, one in so many, so that one failure to renew is not its end. */
const renewedAtRest = 3

interface Known {
  state: 'idle' | 'asking' | 'held'
  /** When to ask again. */
  dueAt: number
  isHeld: boolean
  readonly backOff: BackOff
}

export function createRelayPlan(): RelayPlan {
  const relays = new Map<string, Known>()

  function knownOf(peer: string): Known {
    const known = relays.get(peer) ?? { state: 'idle', dueAt: 0, isHeld: false, backOff: createBackOff(refusedBackOff) }
    relays.set(peer, known)
    return known
  }

  const held = () => [...relays].flatMap(([peer, { isHeld }]) => (isHeld ? [peer] : []))

  return {
    due(candidates, wanted, now) {
      const present = new Set(candidates.map(({ peer }) => peer))
      // A reservation ends with the connection over which it was made, and who comes anew is asked anew.
      for (const peer of [...relays.keys()]) if (!present.has(peer)) relays.delete(peer)
      const release = wanted === 0 ? held() : []
      for (const peer of release) relays.delete(peer)
      if (wanted === 0) return { ask: [], release }
      const engaged = [...relays].filter(([, { state }]) => state !== 'idle')
      const renew = engaged.filter(([, { state, dueAt }]) => state === 'held' && dueAt <= now).map(([peer]) => peer)
      const groups = new Set(candidates.filter(({ peer }) => engaged.some(([one]) => one === peer)).map(({ group }) => group))
      const free = candidates
        .filter(({ peer }) => knownOf(peer).state === 'idle' && knownOf(peer).dueAt <= now)
        .sort(
          (left, right) =>
            Number(right.preferred) - Number(left.preferred) ||
            Number(right.offers) - Number(left.offers) ||
            Number(groups.has(left.group)) - Number(groups.has(right.group)) ||
            (left.latencyMs ?? 1000) - (right.latencyMs ?? 1000),
        )
      const begin = free.slice(0, Math.max(0, wanted - engaged.length)).map(({ peer }) => peer)
      const ask = [...renew, ...begin]
      for (const peer of ask) knownOf(peer).state = 'asking'
      return { ask, release }
    },
    granted(relay, forMs, now) {
      const known = relays.get(relay)
      if (!known) return
      known.state = 'held'
      known.isHeld = true
      known.dueAt = now + forMs - forMs / renewedAtRest
      known.backOff.succeeded(now)
    },
    refused(relay, now, chance) {
      const known = relays.get(relay)
      if (!known) return
      known.state = 'idle'
      known.isHeld = false
      known.dueAt = now + known.backOff.failed(chance)
    },
    held,
  }
}
