import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseEviction, type EvictionCandidate, protectedByKind } from './eviction.ts'

function candidate(id: string, changes: Partial<EvictionCandidate> = {}): EvictionCandidate {
  const nothing = { latencyMs: undefined, batchUsefulAt: undefined, blockServedAt: undefined, protected: false, relayed: false }
  return { id, group: id, groupRank: 0, connectedAt: 0, ...nothing, ...changes }
}

const optionalTime = fc.option(fc.nat(1000), { nil: undefined })
const anybody = fc.record({
  group: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  connectedAt: fc.nat(1000),
  latencyMs: optionalTime,
  batchUsefulAt: optionalTime,
  blockServedAt: optionalTime,
  protected: fc.boolean(),
})
const crowd = fc
  .tuple(fc.array(anybody, { maxLength: 80 }), fc.array(fc.nat(), { minLength: 6, maxLength: 6 }))
  .map(([people, ranks]) =>
    people.map((person, index) => candidate(`p${index}`, { ...person, groupRank: ranks['abcdef'.indexOf(person.group)]! })),
  )

/** The best of a crowd by a figure, ties to the elder. */
const best = (people: readonly EvictionCandidate[], figure: (person: EvictionCandidate) => number | undefined) =>
  people
    .filter((person) => figure(person) !== undefined && !person.protected)
    .sort((left, right) => figure(left)! - figure(right)! || left.connectedAt - right.connectedAt)[0]?.id

describe('eviction', () => {
  it('never chooses the protected, nor the first of any kind', () => {
    const property = fc.property(crowd, (people) => {
      const chosen = chooseEviction(people)
      if (chosen === undefined) return
      expect(people.find(({ id }) => id === chosen)?.protected).toBe(false)
      for (const figure of [
        ({ latencyMs }: EvictionCandidate) => latencyMs,
        ({ batchUsefulAt }: EvictionCandidate) => batchUsefulAt && -batchUsefulAt,
        ({ blockServedAt }: EvictionCandidate) => blockServedAt && -blockServedAt,
        ({ connectedAt }: EvictionCandidate) => connectedAt,
      ]) {
        const others = people.filter(({ id }) => id !== chosen)
        if (best(people, figure) === chosen) expect(best(others, figure)).toBeUndefined()
      }
    })
    fc.assert(property)
  })

  it('chooses somebody as soon as there are more than the protected kinds hold', () => {
    const spared = Object.values(protectedByKind).reduce((sum, count) => sum + count, 0)
    const property = fc.property(crowd, (people) => {
      const common = people.filter((person) => !person.protected).length
      if (common > spared) expect(chooseEviction(people)).toBeDefined()
      if (common === 0) expect(chooseEviction(people)).toBeUndefined()
    })
    fc.assert(property)
  })

  it('sends away the youngest of the largest group', () => {
    const elders = Array.from({ length: 40 }, (_, index) => candidate(`elder ${index}`, { connectedAt: index }))
    const crowdOfOne = Array.from({ length: 30 }, (_, index) =>
      candidate(`c${index}`, { group: 'crowd', connectedAt: 100 + index }),
    )
    expect(chooseEviction([...elders, ...crowdOfOne])).toBe('c29')
  })

  it('leaves honest peers connected, whatever groups an attacker commands and however fast and useful it is', () => {
    const setting = fc.record({
      honest: fc.integer({ min: 24, max: 60 }),
      groups: fc.integer({ min: 1, max: 40 }),
      attackers: fc.integer({ min: 1, max: 300 }),
      isUseful: fc.boolean(),
      seed: fc.nat(),
    })
    const property = fc.property(setting, ({ honest, groups, attackers, isUseful, seed }) => {
      let connected = Array.from({ length: honest }, (_, index) =>
        candidate(`honest ${index}`, { connectedAt: index, latencyMs: 100, groupRank: (seed * (index + 1)) % 1009 }),
      )
      for (let count = 0; count < attackers; count++) {
        const group = `attacker group ${count % groups}`
        const useful = isUseful ? { batchUsefulAt: 2000 + count, blockServedAt: 2000 + count } : {}
        connected.push(
          candidate(`attacker ${count}`, { group, groupRank: 0, connectedAt: 1000 + count, latencyMs: 1, ...useful }),
        )
        const leaving = chooseEviction(connected)
        connected = connected.filter(({ id }) => id !== leaving)
      }
      const left = connected.filter(({ id }) => id.startsWith('honest')).length
      const attackerSlots = Object.values(protectedByKind).reduce((sum, slots) => sum + slots, 0)
      expect(left).toBeGreaterThanOrEqual(Math.floor((honest - attackerSlots) / 2))
      expect(left).toBeGreaterThan(0)
    })
    fc.assert(property)
  })
})
