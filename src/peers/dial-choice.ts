import type { BookEntry } from './address-book/book-entry.ts'
import type { AddressRank } from './address-order.ts'

/**
 * Which of the addresses that could be dialled are. What makes it hard to surround a node: every network group has the same chance,
 * however many addresses it put into the book, and no group is dialled twice while others are known. So an attacker's share of the
 * peers follows the groups it owns, not the addresses it invents.
 */
export interface DialCandidate {
  readonly entry: BookEntry
  /** In a row, of late. */
  readonly failures: number
  readonly isAnchor: boolean
}

export interface Situation {
  /** Where the peers are that are connected or being dialled. */
  readonly taken: readonly { readonly group: string; readonly realm: string }[]
  readonly groupsKnown: number
  /** A book that knows so many groups is rich enough never to take a second peer of any. */
  readonly groupsWanted: number
  readonly count: number
  readonly rankOf?: AddressRank | undefined
}

/**
 * The anchors first; then candidates of realms nobody is connected to, of groups nobody is connected to, and of the others if the book
 * knows few groups; among equals those that do not fail, half of the time from `tried`. The group is drawn first, then one in it.
 */
export function chooseCandidates<T extends DialCandidate>(
  ready: readonly T[],
  { taken, groupsKnown, groupsWanted, count, rankOf: addressRank = () => 0 }: Situation,
  chance: () => number,
): readonly T[] {
  const groups = new Set(taken.map(({ group }) => group))
  const realms = new Set(taken.map(({ realm }) => realm))
  const chosen: T[] = []
  let left = ready.map((candidate) => ({ candidate }))
  while (chosen.length < count) {
    const ranked = left.map((each) => ({ ...each, rank: rankOf(each.candidate) }))
    const best = Math.min(...ranked.map(({ rank }) => rank))
    if (best === Number.POSITIVE_INFINITY) break
    const pool = ranked.filter(({ rank }) => rank === best)
    const { candidate } = preferred(draw(pool, chance), pool, addressRank)
    const { target } = candidate.entry
    chosen.push(candidate)
    groups.add(target.group)
    realms.add(target.realm)
    left = left.filter(({ candidate: other }) => !isSame(other, candidate))
  }
  return chosen

  function rankOf({ entry, failures, isAnchor }: T): number {
    const nearness = groups.has(entry.target.group) ? 2 : realms.has(entry.target.realm) ? 1 : 0
    if (nearness === 2 && groupsKnown >= groupsWanted) return Number.POSITIVE_INFINITY
    if (isAnchor && nearness < 2) return -1
    return 2 * nearness + (failures > 0 ? 1 : 0)
  }
}

/** What a feeler is for: an address of `tried` whose place another claims, or else any of `new`, each group with the same chance. */
export function chooseFeeler<T extends DialCandidate>(
  ready: readonly T[],
  contested: ReadonlySet<string>,
  chance: () => number,
): T | undefined {
  const claimed = ready.find(({ entry }) => contested.has(entry.target.address))
  const untested = ready.filter(({ entry }) => entry.triedSlot === undefined).map((candidate) => ({ candidate }))
  return claimed ?? (untested.length === 0 ? undefined : draw(untested, chance).candidate)
}

/** Of the addresses of the peer that was drawn, the one this node would rather use. */
function preferred<T extends { readonly candidate: DialCandidate }>(drawn: T, pool: readonly T[], addressRank: AddressRank): T {
  const { peer } = drawn.candidate.entry.target
  const rankOf = ({ candidate }: T) => addressRank(candidate.entry.target.address)
  const others = peer === undefined ? [] : pool.filter(({ candidate }) => candidate.entry.target.peer === peer)
  return others.reduce((best, other) => (rankOf(other) < rankOf(best) ? other : best), drawn)
}

/** One of `tried` or of `new`, with even chances; of its groups any, and of the group the one that failed least. */
function draw<T extends { readonly candidate: DialCandidate }>(from: readonly T[], chance: () => number): T {
  const tried = from.filter(({ candidate }) => candidate.entry.triedSlot !== undefined)
  const untried = from.filter(({ candidate }) => candidate.entry.triedSlot === undefined)
  const table = tried.length > 0 && (untried.length === 0 || chance() < 0.5) ? tried : untried
  const groups = [...Map.groupBy(table, ({ candidate }) => candidate.entry.target.group).values()]
  const group = one(groups, chance)
  const least = Math.min(...group.map(({ candidate }) => candidate.failures))
  return one(
    group.filter(({ candidate }) => candidate.failures === least),
    chance,
  )
}

function one<T>(list: readonly T[], chance: () => number): T {
  return list[Math.min(list.length - 1, Math.floor(chance() * list.length))] as T
}

/** The same peer, or the same host and port: dialling both would be dialling once. */
function isSame({ entry: { target: one } }: DialCandidate, { entry: { target: other } }: DialCandidate): boolean {
  return one.endpoint === other.endpoint || (one.peer !== undefined && one.peer === other.peer)
}
