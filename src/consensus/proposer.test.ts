import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { committee, equals } from '../../test/consensus/validators.ts'
import { validatorSet } from '../chain/validator-set.ts'
import { advance, decodePriorities, encodePriorities, initialPriorities, nextPriorities, proposerAt } from './proposer.ts'

describe('whose turn it is', () => {
  test('equals take turns in the order of their keys', () => {
    const { set } = equals(4)
    const turns = [0, 1, 2, 3, 4, 5].map((round) => proposerAt(set, initialPriorities(set), round))
    expect(turns).toEqual([0, 1, 2, 3, 0, 1])
  })

  test('stake 3, 1: three turns of four', () => {
    const { set } = committee([3n, 1n])
    const turns = [0, 1, 2, 3, 4, 5, 6, 7].map((round) => proposerAt(set, initialPriorities(set), round))
    expect(turns).toEqual([0, 0, 1, 0, 0, 0, 1, 0])
  })

  test('each proposes in proportion to its stake, to within one turn and a half', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 1n, max: 1_000_000n }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 300 }),
        (powers, heights) => {
          const { set } = committee(powers)
          const counts = powers.map(() => 0)
          let priorities = initialPriorities(set)
          for (let height = 0; height < heights; height++) {
            const proposer = proposerAt(set, priorities, 0)
            counts[proposer] = (counts[proposer] as number) + 1
            priorities = nextPriorities(set, priorities, set)
          }
          for (const [index, { power }] of set.validators.entries()) {
            const fair = (heights * Number(power)) / Number(set.totalPower)
            expect(Math.abs((counts[index] as number) - fair)).toBeLessThanOrEqual(1.5)
          }
        },
      ),
    )
  })

  test('priorities stay centred and within two totals, whoever comes and goes', () => {
    const stakes = fc
      .array(fc.bigInt({ min: 0n, max: 10n ** 18n }), { minLength: 5, maxLength: 5 })
      .filter((all) => all.some((power) => power > 0n))
    fc.assert(
      fc.property(fc.array(stakes, { minLength: 1, maxLength: 30 }), (history) => {
        const { keys } = equals(5)
        const sets = history.map((powers) =>
          validatorSet(
            keys.flatMap(({ publicKey: consensusKey }, index) => (powers[index] ? [{ consensusKey, power: powers[index] }] : [])),
          ),
        )
        let set = sets[0]!
        let priorities = initialPriorities(set)
        for (const next of sets) {
          priorities = nextPriorities(set, priorities, next)
          set = next
          const sum = priorities.reduce((total, priority) => total + priority, 0n)
          expect(sum >= 0n && sum < BigInt(set.validators.length)).toBe(true)
          const sorted = [...priorities].sort((left, right) => (left < right ? -1 : 1))
          expect(sorted.at(-1)! - sorted[0]! <= 2n * set.totalPower).toBe(true)
          expect(decodePriorities(encodePriorities(priorities))).toEqual(priorities)
        }
      }),
    )
  })

  test('a newcomer waits: leaving and coming back gains nobody a turn', () => {
    const { set } = equals(4)
    const without = validatorSet(set.validators.slice(1))
    const gone = nextPriorities(set, initialPriorities(set), without)
    const back = nextPriorities(without, gone, set)
    const turns = Array.from({ length: 8 }, (_, round) => proposerAt(set, back, round))
    expect(turns.indexOf(0)).toBeGreaterThanOrEqual(4)
  })

  test('rounds of a height are turns on from its own', () => {
    const { set } = committee([5n, 3n, 2n])
    const priorities = initialPriorities(set)
    for (const round of [0, 1, 2, 7]) {
      expect(proposerAt(set, advance(set, priorities, round), 0)).toBe(proposerAt(set, priorities, round))
    }
  })
})
