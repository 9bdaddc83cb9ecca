import type { AddressBook } from './address-book/address-book.ts'
import { type AddressRank, preferredFirst } from './address-order.ts'
import { chooseCandidates, chooseFeeler } from './dial-choice.ts'
import { createDialPlaces, type DialPurpose } from './dial-places.ts'
import { type DialTarget, readDialTarget, withPeer } from './dial-target.ts'

/**
 * Whom to dial, and when. The peers of the configuration always; of the addresses in the book, as many as it takes to reach the target
 * and a few spares beyond it, so that a loss is made up for before it is felt: first those it was connected to when it last ran, then as
 * `dial-choice.ts` has it. Once that is reached, a feeler every two minutes dials an address that was only heard of, so that the book
 * knows which of them are true. A host and port is dialled by one heard-of address at a time, and its pauses hold for all of them: who
 * is said to be there costs nothing to invent.
 */
export interface DialPlan {
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
  /** Hosts to which there are established connections that this node dialled. */
  readonly outbound: readonly { readonly group: string; readonly realm: string }[]
  readonly isConnected: (peer: string) => boolean
  /** False for oneself, and for whom conduct or the operator keeps out. */
  readonly mayDial: (target: DialTarget) => boolean
  /** Which address of a peer that has several goes first. Absent: chance decides. */
  readonly rankOf?: AddressRank
}

export interface DialDecision {
  readonly dial: readonly Dial[]
  /** When to ask again, though nothing happens meanwhile; undefined: not before something does. */
  readonly wakeAt: number | undefined
}

export interface Dial {
  readonly address: string
  readonly purpose: DialPurpose
}

export interface DialPlanOptions {
  readonly configured: readonly string[]
  /** 0: only the configured are dialled. */
  readonly outboundTarget: number
  readonly book: AddressBook
  /** Addresses of the book to begin with. */
  readonly anchors?: readonly string[]
}

/** Connected beyond the target, ready for when one is lost. */
export const warmSpares = 2
export const feelerEveryMs = 120_000
/** Dials under way at a time, but for the configured peers. */
const dialsAtOnceMax = 4
const forbiddenPauseMs = 30_000

export function createDialPlan({ configured, outboundTarget, book, anchors = [] }: DialPlanOptions): DialPlan {
  const places = createDialPlaces(configured, anchors)
  const feelers = createFeelerClock()

  function begin(target: DialTarget, purpose: DialPurpose): Dial {
    places.begin(target, purpose)
    return { address: target.address, purpose }
  }

  /** Whom the node may not dial now it looks at again later. */
  function allowed(targets: readonly DialTarget[], view: DialView, now: number): readonly DialTarget[] {
    return targets.filter((target) => {
      const may = view.mayDial(target)
      if (!may) places.hold(target.address, now + forbiddenPauseMs)
      return may
    })
  }

  function dueConfigured(view: DialView, now: number): readonly Dial[] {
    const due = places.idleConfigured().filter(({ dueAt }) => dueAt <= now)
    const ordered = preferredFirst(
      due.map(({ target }) => target),
      ({ peer }) => peer,
      ({ address }) => view.rankOf?.(address) ?? 0,
    )
    return onePerPeer(allowed(ordered, view, now), places.dialling()).map((target) => begin(target, 'configured'))
  }

  /** How many more of the book are wanted, and how many may be under way beside those that are. */
  function room({ outbound }: DialView): { readonly wanted: number; readonly atOnce: number } {
    const dialling = places.dialling()
    const heard = dialling.filter(({ purpose }) => purpose !== 'configured')
    const counted = dialling.filter(({ purpose }) => purpose !== 'feeler')
    const wanted = outboundTarget === 0 ? 0 : outboundTarget + warmSpares - outbound.length - counted.length
    return { wanted, atOnce: dialsAtOnceMax - heard.length }
  }

  function dueHeard(view: DialView, now: number, chance: () => number): readonly Dial[] {
    const { wanted, atOnce } = room(view)
    const count = Math.min(wanted, atOnce)
    if (count <= 0) return []
    const known = book.candidates(now)
    const taken = [...view.outbound, ...places.dialling().map(({ target }) => target)]
    const groupsKnown = new Set(known.map(({ target }) => target.group)).size
    const situation = { taken, groupsKnown, groupsWanted: 2 * (outboundTarget + warmSpares), count, rankOf: view.rankOf }
    const idle = places.idleOf(known, view.isConnected).filter(({ dueAt }) => dueAt <= now)
    const ready = idle.filter(({ entry: { target } }) => allowed([target], view, now).length > 0)
    return chooseCandidates(ready, situation, chance).map(({ entry: { target }, isAnchor }) =>
      begin(target, isAnchor ? 'anchor' : 'book'),
    )
  }

  function dueFeeler(view: DialView, now: number, chance: () => number): readonly Dial[] {
    const { wanted, atOnce } = room(view)
    if (outboundTarget === 0 || wanted > 0 || atOnce <= 0 || !feelers.isDue(now, chance)) return []
    const contested = book.contested(now).map(({ target }) => target)
    for (const { peer, address } of contested) if (peer !== undefined && view.isConnected(peer)) book.seen(address, now)
    const idle = places.idleOf(book.candidates(now), view.isConnected).filter(({ dueAt }) => dueAt <= now)
    const chosen = chooseFeeler(idle, new Set(contested.map(({ address }) => address)), chance)
    return chosen ? allowed([chosen.entry.target], view, now).map((target) => begin(target, 'feeler')) : []
  }

  function wakeAt(view: DialView, now: number): number | undefined {
    const isFull = room(view).wanted <= 0
    const heard = isFull ? [] : places.idleOf(book.candidates(now), view.isConnected)
    const feeler = isFull && outboundTarget > 0 && book.size.new + book.size.tried > 0 ? [feelers.dueAt] : []
    const times = [...[...places.idleConfigured(), ...heard].map(({ dueAt }) => dueAt), ...feeler]
    return times.reduce<number | undefined>((least, at) => (at > now ? Math.min(least ?? at, at) : least), undefined)
  }

  return {
    due(view, now, chance) {
      const dial = [...dueConfigured(view, now), ...dueHeard(view, now, chance), ...dueFeeler(view, now, chance)]
      return { dial, wakeAt: wakeAt(view, now) }
    },
    connected(address, peer, now) {
      const place = places.connected(address, peer, now)
      if (place) remember(book, place.target, peer, now)
    },
    failed(address, now, chance, worthless = false) {
      const place = places.get(address)
      if (!place) return undefined
      const failures = places.failed(place, now, chance())
      book.failed(address, now)
      if (place.purpose === 'configured') return failures
      if (worthless) book.forget(address)
      return book.get(address) && failures
    },
    lost(peer, now, chance) {
      for (const { target } of places.lost(peer, now, chance)) book.seen(withPeer(target.address, peer), now)
    },
  }
}

/** The first address of each peer, unless another is being dialled: the next has its turn when that one has failed. */
function onePerPeer(targets: readonly DialTarget[], dialling: readonly { readonly target: DialTarget }[]): readonly DialTarget[] {
  const taken = new Set(dialling.map(({ target }) => target.peer))
  return targets.filter(({ peer }) => {
    if (peer === undefined) return true
    const isFirst = !taken.has(peer)
    taken.add(peer)
    return isFirst
  })
}

/** When the next feeler is due: two minutes after the last one, give or take one, so that nobody can be ready for it. */
function createFeelerClock() {
  let dueAt: number | undefined
  const later = (now: number, chance: () => number) => now + feelerEveryMs * (0.5 + chance())
  return {
    get dueAt() {
      return dueAt ?? Number.NEGATIVE_INFINITY
    },
    isDue(now: number, chance: () => number): boolean {
      dueAt ??= later(now, chance)
      if (now < dueAt) return false
      dueAt = later(now, chance)
      return true
    },
  }
}

/** A node answered: its address belongs into the book, with its peer id, whoever told of it and without. */
function remember(book: AddressBook, target: DialTarget, peer: string, now: number): void {
  const address = withPeer(target.address, peer)
  if (target.kind === 'name') return
  if (address !== target.address) book.forget(target.address)
  book.learn(readDialTarget(address), target, { now }, () => 0)
  book.reached(address, now)
}
