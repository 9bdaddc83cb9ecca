import { createBoundedMap } from '../primitives/bounded-map.ts'
import { isBelievable } from './address-rules.ts'
import { type BackOff, type BackOffPolicy, createBackOff } from './back-off.ts'
import { type DialTarget, readDialTarget } from './dial-target.ts'

/**
 * Whom to dial, and when. The peers of the configuration always; of the addresses that were heard of, as many as it takes to reach the
 * target and a few spares beyond it, so that a loss is made up for before it is felt. Groups that are not yet among the outbound come
 * first, then those that failed least; among equals chance decides, so that not all nodes lean on the same ones. A host and port is
 * dialled by one heard-of address at a time, and its pauses hold for all of them: who is said to be there costs nothing to invent.
 */
export interface DialPlan {
  /** Addresses of others, heard from a host. Those that it cannot know are not believed. */
  learn(addresses: readonly string[], from: { readonly host: string; readonly group: string }): void
  /** What to dial now. Each address is under way until one of the next two says how it went. */
  due(view: DialView, now: number, chance: () => number): DialDecision
  connected(address: string, peer: string, now: number): void
  /**
   * How often it failed in a row; undefined when it is given up, as one that was only heard of is at once when it proved `worthless`:
   * another peer answers there, or one that takes work and lets nobody in.
   */
  failed(address: string, now: number, chance: () => number, worthless?: boolean): number | undefined
  lost(peer: string, now: number, chance: () => number): void
}

export interface DialView {
  /** Established connections that this node dialled, by the network groups they lead to. */
  readonly outboundGroups: readonly string[]
  readonly isConnected: (peer: string) => boolean
  /** False for oneself, and for whom conduct or the operator keeps out. */
  readonly mayDial: (target: DialTarget) => boolean
}

export interface DialDecision {
  readonly dial: readonly string[]
  /** When to ask again, though nothing happens meanwhile; undefined: not before something does. */
  readonly wakeAt: number | undefined
}

/** Connected beyond the target, ready for when one is lost. */
export const warmSpares = 2
/** Dials under way at a time, but for the configured peers. */
const dialsAtOnceMax = 4
export const heardBounds = { total: 1024, perGroup: 64, perSite: 3 } as const
/** An address that was only heard of is given up after so many failures in a row. */
const failuresMax = 8
const forbiddenPauseMs = 30_000
const comebackMs = 2000
const configuredBackOff: BackOffPolicy = { firstMs: 200, maxMs: 30_000, flapsMax: 3 }
const heardBackOff: BackOffPolicy = { firstMs: 1000, maxMs: 600_000, flapsMax: 9 }

/** Of one host and port; the configured have one each. */
interface Pace {
  readonly backOff: BackOff
  dueAt: number
}

interface Place {
  readonly target: DialTarget
  readonly configured: boolean
  /** The network group of whoever told of it. */
  readonly source: string
  readonly pace: Pace
  state: 'idle' | 'dialling' | 'connected'
  /** Not before, whatever its pace says. */
  dueAt: number
  /** Who answered there. */
  peer: string | undefined
}

export function createDialPlan(configured: readonly string[], outboundTarget: number): DialPlan {
  const places = new Map<string, Place>()
  /** Outlives the addresses, or one that is given up and told of again would begin anew. */
  const paces = createBoundedMap<string, Pace>(heardBounds.total)
  for (const address of configured) addPlace(readDialTarget(address), true, '')

  function addPlace(target: DialTarget, isConfigured: boolean, source: string): void {
    const dueAt = Number.NEGATIVE_INFINITY
    const known = isConfigured ? undefined : paces.get(target.endpoint)
    const pace = known ?? { backOff: createBackOff(isConfigured ? configuredBackOff : heardBackOff), dueAt }
    if (!isConfigured) paces.set(target.endpoint, pace)
    const state = { state: 'idle', dueAt, peer: target.peer } as const
    places.set(target.address, { target, configured: isConfigured, source, pace, ...state })
  }

  const heard = () => [...places.values()].filter((place) => !place.configured)

  /** Makes room for an address: of the group that told of most, the one that is longest known. */
  function forgetOne(): void {
    const bySource = Map.groupBy(
      heard().filter(({ state }) => state === 'idle'),
      ({ source }) => source,
    )
    const [most] = [...bySource.values()].sort((left, right) => right.length - left.length)
    if (most?.[0]) places.delete(most[0].target.address)
  }

  return {
    learn(addresses, from) {
      for (const address of addresses) {
        if (places.has(address)) continue
        const target = readDialTarget(address)
        if (!isBelievable(target, from.host)) continue
        const known = heard()
        if (known.filter(({ source }) => source === from.group).length >= heardBounds.perGroup) return
        const isSame = (place: Place) => target.kind !== 'other' && place.target.site === target.site
        if (known.filter(isSame).length >= heardBounds.perSite) continue
        if (known.length >= heardBounds.total) forgetOne()
        addPlace(target, false, from.group)
      }
    },

    due(view, now, chance) {
      const own = [...places.values()].filter((place) => place.configured && place.state === 'idle' && dueAtOf(place) <= now)
      const chosen = [
        ...allowed(own, view, now),
        ...allowed(dueHeard([...places.values()], outboundTarget, view, now, chance), view, now),
      ]
      for (const place of chosen) place.state = 'dialling'
      return { dial: chosen.map(({ target }) => target.address), wakeAt: wakeAt(places.values(), outboundTarget, view, now) }
    },

    connected(address, peer, now) {
      const place = places.get(address)
      if (!place) return
      place.state = 'connected'
      place.peer = peer
      place.pace.backOff.succeeded(now)
    },

    failed(address, now, chance, worthless = false) {
      const place = places.get(address)
      if (!place) return undefined
      place.state = 'idle'
      place.pace.dueAt = now + place.pace.backOff.failed(chance())
      const { failures } = place.pace.backOff
      if (place.configured || (failures < failuresMax && !worthless)) return failures
      places.delete(address)
      return undefined
    },

    lost(peer, now, chance) {
      for (const place of places.values()) {
        if (place.peer !== peer || place.state === 'dialling') continue
        // Of two sides that lose each other, the one that had dialled comes back first.
        if (place.state === 'idle' && !place.configured) place.dueAt = Math.max(place.dueAt, now + comebackMs)
        if (place.state !== 'connected') continue
        place.state = 'idle'
        place.pace.dueAt = now + place.pace.backOff.lost(now, chance())
      }
    },
  }
}

/** The heard-of addresses that are worth a dial now, the best first. */
function dueHeard(
  places: readonly Place[],
  outboundTarget: number,
  view: DialView,
  now: number,
  chance: () => number,
): readonly Place[] {
  const dialling = places.filter(({ state }) => state === 'dialling')
  const wanted = outboundTarget === 0 ? 0 : outboundTarget + warmSpares - view.outboundGroups.length - dialling.length
  const room = Math.min(wanted, dialsAtOnceMax - dialling.filter((place) => !place.configured).length)
  if (room <= 0) return []
  const groups = new Set([...view.outboundGroups, ...dialling.map(({ target }) => target.group)])
  const busy = new Set(places.filter(({ state }) => state !== 'idle').map(({ target }) => target.endpoint))
  const ready = places
    .filter((place) => !place.configured && place.state === 'idle' && dueAtOf(place) <= now && !isTaken(place, view))
    .filter(({ target }) => !busy.has(target.endpoint))
    .map((place) => ({ place, isNear: groups.has(place.target.group) ? 1 : 0, lot: chance() }))
    .sort(
      (left, right) =>
        left.isNear - right.isNear ||
        left.place.pace.backOff.failures - right.place.pace.backOff.failures ||
        left.lot - right.lot,
    )
  return distinctFirst(ready.map(({ place }) => place)).slice(0, room)
}

/** Whom the node may not dial now it looks at again later. */
function allowed(candidates: readonly Place[], view: DialView, now: number): readonly Place[] {
  return candidates.filter((place) => {
    if (view.mayDial(place.target)) return true
    place.dueAt = now + forbiddenPauseMs
    return false
  })
}

function wakeAt(places: Iterable<Place>, outboundTarget: number, view: DialView, now: number): number | undefined {
  const isFull = outboundTarget === 0 || view.outboundGroups.length >= outboundTarget + warmSpares
  let earliest: number | undefined
  for (const place of places) {
    const dueAt = dueAtOf(place)
    if (place.state !== 'idle' || dueAt <= now || (!place.configured && (isFull || isTaken(place, view)))) continue
    earliest = Math.min(earliest ?? dueAt, dueAt)
  }
  return earliest
}

const dueAtOf = (place: Place): number => Math.max(place.dueAt, place.pace.dueAt)

const isTaken = ({ peer }: Place, view: DialView): boolean => peer !== undefined && view.isConnected(peer)

/** One of each group before the second of any, in the given order, and no second one of any peer, nor of any host and port. */
function distinctFirst(places: readonly Place[]): readonly Place[] {
  const groups = new Set<string>()
  const peers = new Set<string>()
  const endpoints = new Set<string>()
  const [firsts, others]: [Place[], Place[]] = [[], []]
  for (const place of places) {
    if ((place.peer !== undefined && peers.has(place.peer)) || endpoints.has(place.target.endpoint)) continue
    endpoints.add(place.target.endpoint)
    if (place.peer !== undefined) peers.add(place.peer)
    ;(groups.has(place.target.group) ? others : firsts).push(place)
    groups.add(place.target.group)
  }
  return [...firsts, ...others]
}
