import { assert } from '../primitives/assert.ts'

/**
 * Who has to go when there is room for no more, reasoned as Bitcoin Core does: an attacker can be many and can be anywhere, but it
 * cannot be at once the fastest, the longest here and the most useful, nor in networks that it cannot choose. So some of each kind are
 * protected, and of the others the youngest of the largest network group goes, where an attacker's addresses gather.
 */
export interface EvictionCandidate {
  readonly id: string
  readonly group: string
  /** A secret order of the groups: nobody can choose addresses that stand first in it. */
  readonly groupRank: number
  readonly connectedAt: number
  readonly latencyMs: number | undefined
  /** When it last brought something new; undefined: never. */
  readonly batchUsefulAt: number | undefined
  readonly blockServedAt: number | undefined
  /** Allowed by the operator, or with stake behind it. */
  readonly protected: boolean
  /** Led here by a third node, which pays for it too. */
  readonly relayed: boolean
}

/** How many of each kind are protected before the largest group is looked for; after them, half of those left, by their age. */
export const protectedByKind = { group: 4, latency: 8, batches: 4, blocks: 4 } as const

/** Undefined: everybody is protected. Relayed peers go before all others, the youngest first. */
export function chooseEviction(candidates: readonly EvictionCandidate[]): string | undefined {
  let left = candidates.filter((candidate) => !candidate.protected)
  const [relayed] = left.filter((candidate) => candidate.relayed).sort((a, b) => b.connectedAt - a.connectedAt)
  if (relayed) return relayed.id
  left = without(left, distinctGroups(left, protectedByKind.group))
  left = without(
    left,
    first(left, protectedByKind.latency, ({ latencyMs }) => latencyMs),
  )
  left = without(
    left,
    first(left, protectedByKind.batches, ({ batchUsefulAt }) => negated(batchUsefulAt)),
  )
  left = without(
    left,
    first(left, protectedByKind.blocks, ({ blockServedAt }) => negated(blockServedAt)),
  )
  left = without(
    left,
    first(left, Math.floor(left.length / 2), ({ connectedAt }) => connectedAt),
  )
  return left.length === 0 ? undefined : youngestOfLargestGroup(left)
}

/** The eldest of each of the first groups in the secret order. */
function distinctGroups(candidates: readonly EvictionCandidate[], count: number): readonly EvictionCandidate[] {
  const eldest = new Map<string, EvictionCandidate>()
  for (const candidate of candidates) {
    const known = eldest.get(candidate.group)
    if (!known || candidate.connectedAt < known.connectedAt) eldest.set(candidate.group, candidate)
  }
  return first([...eldest.values()], count, ({ groupRank }) => groupRank)
}

/** Those with the smallest figures; who has none is not among them. Of equals, the one that has been here longer. */
function first(
  candidates: readonly EvictionCandidate[],
  count: number,
  figure: (candidate: EvictionCandidate) => number | undefined,
): readonly EvictionCandidate[] {
  return candidates
    .flatMap((candidate) => {
      const value = figure(candidate)
      return value === undefined ? [] : [{ candidate, value }]
    })
    .sort((left, right) => left.value - right.value || left.candidate.connectedAt - right.candidate.connectedAt)
    .slice(0, count)
    .map(({ candidate }) => candidate)
}

function without(candidates: readonly EvictionCandidate[], spared: readonly EvictionCandidate[]): EvictionCandidate[] {
  const ids = new Set(spared.map(({ id }) => id))
  return candidates.filter(({ id }) => !ids.has(id))
}

function youngestOfLargestGroup(candidates: readonly EvictionCandidate[]): string {
  const groups = new Map<string, { size: number; youngest: EvictionCandidate }>()
  for (const candidate of candidates) {
    const group = groups.get(candidate.group)
    if (!group) groups.set(candidate.group, { size: 1, youngest: candidate })
    else {
      group.size++
      if (candidate.connectedAt > group.youngest.connectedAt) group.youngest = candidate
    }
  }
  const [largest] = [...groups.values()].sort(
    (left, right) => right.size - left.size || right.youngest.connectedAt - left.youngest.connectedAt,
  )
  assert(largest !== undefined, 'there is somebody to choose from')
  return largest.youngest.id
}

const negated = (value: number | undefined): number | undefined => (value === undefined ? undefined : -value)
