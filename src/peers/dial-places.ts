import { createBoundedMap } from '../primitives/bounded-map.ts'
import type { BookEntry } from './address-book/book-entry.ts'
import { type BackOff, type BackOffPolicy, createBackOff } from './back-off.ts'
import type { DialCandidate } from './dial-choice.ts'
import { type DialTarget, readDialTarget } from './dial-target.ts'

/** What is under way, what is connected, and when what is idle may be dialled again. */
export interface DialPlaces {
  get(address: string): Place | undefined
  dialling(): readonly Place[]
  /** Configured ones that are idle. */
  idleConfigured(): readonly (Place & { readonly dueAt: number })[]
  /** Those of the book that are neither under way nor connected, with when each is due. */
  idleOf(entries: readonly BookEntry[], isConnected: (peer: string) => boolean): readonly DueCandidate[]
  begin(target: DialTarget, purpose: DialPurpose): void
  /** An address, or all that lead to a peer, are left alone until then, whatever their pace says. */
  hold(addressOrPeer: string, until: number): void
  connected(address: string, peer: string, now: number): Place | undefined
  /** Returns the failures in a row. */
  failed(place: Place, now: number, chance: number): number
  /** The places at which the peer was connected. */
  lost(peer: string, now: number, chance: () => number): readonly Place[]
}

/** Why an address is dialled. A feeler is to be ended once it is connected, unless connections are short. */
export type DialPurpose = 'configured' | 'anchor' | 'book' | 'feeler'

/** A configured address, or one of the book that is under way or connected. */
export interface Place {
  readonly target: DialTarget
  readonly purpose: DialPurpose
  readonly pace: Pace
  state: 'idle' | 'dialling' | 'connected'
}

export type DueCandidate = DialCandidate & { readonly dueAt: number }

/** Of one host and port; the configured have one each. */
interface Pace {
  readonly backOff: BackOff
  dueAt: number
  /** Who answered there last. */
  peer: string | undefined
}

const configuredBackOff: BackOffPolicy = { firstMs: 200, maxMs: 30_000, flapsMax: 3 }
const heardBackOff: BackOffPolicy = { firstMs: 1000, maxMs: 600_000, flapsMax: 9 }
const comebackMs = 2000
/** Hosts and ports whose pauses are remembered. They outlive the addresses, or one that is told of again would begin anew. */
const pacesMax = 4096
const ever = Number.NEGATIVE_INFINITY

export function createDialPlaces(configured: readonly string[], anchors: readonly string[]): DialPlaces {
  const places = new Map<string, Place>()
  const paces = createBoundedMap<string, Pace>(pacesMax)
  const holds = createBoundedMap<string, number>(pacesMax)
  const anchorsLeft = new Set(anchors)
  for (const address of configured) {
    const target = readDialTarget(address)
    places.set(address, { target, purpose: 'configured', pace: createPace(configuredBackOff, target), state: 'idle' })
  }

  const inState = (state: Place['state']) => [...places.values()].filter((place) => place.state === state)
  const heldUntil = (key: string | undefined) => (key === undefined ? ever : (holds.peek(key) ?? ever))

  function due({ target }: BookEntry): number {
    const pace = paces.peek(target.endpoint)
    return Math.max(pace?.dueAt ?? ever, heldUntil(target.address), heldUntil(target.peer), heldUntil(pace?.peer))
  }

  return {
    get: (address) => places.get(address),
    dialling: () => inState('dialling'),
    idleConfigured: () =>
      inState('idle').map((place) => ({ ...place, dueAt: Math.max(place.pace.dueAt, heldUntil(place.target.address)) })),
    idleOf(entries, isConnected) {
      const busy = new Set([...inState('dialling'), ...inState('connected')].map(({ target }) => target.endpoint))
      return entries.flatMap((entry) => {
        const { target } = entry
        const pace = paces.peek(target.endpoint)
        const isTaken = [target.peer, pace?.peer].some((peer) => peer !== undefined && isConnected(peer))
        if (places.has(target.address) || busy.has(target.endpoint) || isTaken) return []
        const failures = (pace?.backOff.failures ?? 0) + entry.failures
        return [{ entry, failures, dueAt: due(entry), isAnchor: anchorsLeft.has(target.address) }]
      })
    },
    begin(target, purpose) {
      const known = places.get(target.address)?.pace ?? paces.get(target.endpoint)
      const pace = known ?? createPace(heardBackOff, target)
      if (purpose !== 'configured') paces.set(target.endpoint, pace)
      places.set(target.address, { target, purpose, pace, state: 'dialling' })
      anchorsLeft.delete(target.address)
    },
    hold: (key, until) => void holds.set(key, until),
    connected(address, peer, now) {
      const place = places.get(address)
      if (!place) return undefined
      place.state = 'connected'
      place.pace.peer = peer
      place.pace.backOff.succeeded(now)
      return place
    },
    failed(place, now, chance) {
      place.state = 'idle'
      place.pace.dueAt = now + place.pace.backOff.failed(chance)
      if (place.purpose !== 'configured') places.delete(place.target.address)
      return place.pace.backOff.failures
    },
    lost(peer, now, chance) {
      const dialled = inState('connected').filter((place) => place.pace.peer === peer)
      // Of two sides that lose each other, the one that had dialled comes back first.
      if (dialled.length === 0) holds.set(peer, now + comebackMs)
      for (const place of dialled) {
        place.state = 'idle'
        place.pace.dueAt = now + place.pace.backOff.lost(now, chance())
        if (place.purpose !== 'configured') places.delete(place.target.address)
      }
      return dialled
    },
  }
}

function createPace(policy: BackOffPolicy, { peer }: DialTarget): Pace {
  return { backOff: createBackOff(policy), dueAt: ever, peer }
}
