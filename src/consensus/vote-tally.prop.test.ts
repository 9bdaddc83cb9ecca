import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { certificate, committee, signVote, testBlock } from '../../test/consensus/validators.ts'
import { prevote } from '../chain/vote.ts'
import { createVoteTally, roundLookAhead, valueKey } from './vote-tally.ts'

const powers = fc.array(fc.bigInt({ min: 1n, max: 9n }), { minLength: 1, maxLength: 7 })
const values = ['A', 'B', 'nil'] as const

describe('the tally', () => {
  test('is the sum of each validator’s first vote, in whatever order and however often votes come', () => {
    fc.assert(
      fc.property(
        powers,
        fc.array(fc.tuple(fc.nat({ max: 6 }), fc.constantFrom(...values)), { maxLength: 40 }),
        (stakes, votes) => {
          const of = committee(stakes)
          const hash = (name: string) => (name === 'nil' ? undefined : testBlock(of, { salt: name }).hash)
          const tally = createVoteTally(of.set)
          const first = new Map<number, string>()
          for (const [validator, name] of votes) {
            if (validator >= stakes.length) continue
            if (!first.has(validator)) first.set(validator, name)
            tally.addVote(signVote(of, validator, { kind: prevote, height: 1, round: 0, blockHash: hash(name) }), 0)
          }
          const total = stakes.reduce((sum, power) => sum + power, 0n)
          const behind = (name: string) =>
            [...first]
              .filter(([, choice]) => choice === name)
              .reduce((sum, [validator]) => sum + (stakes[validator] as bigint), 0n)
          const set = tally.votes(prevote, 0)
          for (const name of values) expect(set.powers.get(valueKey(hash(name))) ?? 0n).toBe(behind(name))
          expect(set.power).toBe(values.reduce((sum, name) => sum + behind(name), 0n))
          expect(tally.hasAnyQuorum(prevote, 0)).toBe(3n * set.power > 2n * total)
          const winner = values.find((name) => 3n * behind(name) > 2n * total)
          expect(set.quorum ? valueKey(set.quorum.blockHash) : undefined).toBe(winner && valueKey(hash(winner)))
        },
      ),
    )
  })

  test('a certificate makes its quorum, whatever votes came before, and counts nobody twice', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...values), { minLength: 4, maxLength: 4 }), fc.nat({ max: 4 }), (choices, before) => {
        const of = committee([1n, 1n, 1n, 1n])
        const hash = (name: string) => (name === 'nil' ? undefined : testBlock(of, { salt: name }).hash)
        const tally = createVoteTally(of.set)
        const add = ([validator, name]: readonly [number, string]) =>
          tally.addVote(signVote(of, validator, { kind: prevote, height: 1, round: 0, blockHash: hash(name) }), 0)
        const votes = [...choices.entries()]
        for (const vote of votes.slice(0, before)) add(vote)
        const proof = certificate(of, { kind: prevote, height: 1, round: 0, blockHash: hash('A') }, [0, 1, 2])
        expect(tally.addCertificate(proof)).toBe(true)
        expect(tally.addCertificate(proof)).toBe(false)
        for (const vote of votes.slice(before)) add(vote)
        const set = tally.votes(prevote, 0)
        expect(set.power).toBe(4n)
        expect(set.signers.get(valueKey(hash('A')))?.size).toBeGreaterThanOrEqual(3)
        expect(set.quorum).toBeDefined()
      }),
    )
  })

  test('skips to the highest round that more than a third have reached', () => {
    fc.assert(
      fc.property(
        powers,
        fc.array(fc.nat({ max: 50 }), { minLength: 7, maxLength: 7 }),
        fc.nat({ max: 50 }),
        (stakes, rounds, own) => {
          const of = committee(stakes)
          const tally = createVoteTally(of.set)
          for (const validator of stakes.keys()) {
            tally.addVote(
              signVote(of, validator, { kind: prevote, height: 1, round: rounds[validator] as number, blockHash: undefined }),
              own,
            )
          }
          const total = stakes.reduce((sum, power) => sum + power, 0n)
          const reached = (round: number) =>
            stakes.reduce((sum, power, validator) => ((rounds[validator] as number) >= round ? sum + power : sum), 0n)
          const targets = [...Array(51).keys()].filter((round) => round > own && 3n * reached(round) > total)
          expect(tally.skipTarget(own)).toBe(targets.at(-1))
        },
      ),
    )
  })

  test('a liar’s votes for rounds far ahead are news a few times, in whatever steps they rise and however often they come', () => {
    const of = committee([1n, 1n, 1n, 1n])
    const far = (round: number) => signVote(of, 3, { kind: prevote, height: 1, round, blockHash: undefined })
    fc.assert(
      fc.property(fc.nat({ max: 20 }), fc.integer({ min: 1, max: 3 }), (own, step) => {
        const tally = createVoteTally(of.set)
        let news = 0
        for (let round = own + roundLookAhead + 1; round <= own + 10 * roundLookAhead; round += step) {
          const vote = far(round)
          if (tally.isNews(vote, own)) news++
          tally.addVote(vote, own)
          expect(tally.isNews(vote, own)).toBe(false)
        }
        expect(news).toBeLessThanOrEqual(9)
      }),
      { numRuns: 20 },
    )
  })
})
