/**
 * Networks of cores under schedules that lose, delay, repeat and reorder, with crashes and with liars of less than a third of the
 * stake: no two honest nodes ever decide differently, and once the network heals all decide.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Cluster, createCluster } from '../../../test/consensus/cluster.ts'
import {
  type Committee,
  chainId,
  committee,
  genesisTime,
  signProposal,
  signVote,
  testBlock,
} from '../../../test/consensus/validators.ts'
import { checkEvidence, evidenceItems } from '../../chain/evidence-verification.ts'
import { verifyCommit } from '../../chain/light-verification.ts'
import { precommit, prevote, type Vote } from '../../chain/vote.ts'
import { blsVerifyBatch } from '../../crypto/bls.ts'
import { initialPriorities, proposerAt } from '../proposer.ts'

const healsAfterMs = 15_000
const decidesWithinMs = 240_000

interface Scenario {
  readonly seed: number
  readonly powers: readonly bigint[]
  readonly liars: readonly number[]
  readonly loss: number
  readonly delayMs: number
  readonly crashes: readonly { readonly node: number; readonly at: number; readonly lost: number }[]
}

const scenarios = fc
  .record({
    seed: fc.integer({ min: 0 }),
    powers: fc.array(fc.bigInt({ min: 1n, max: 5n }), { minLength: 4, maxLength: 6 }),
    loss: fc.double({ min: 0, max: 0.5, noNaN: true }),
    delayMs: fc.integer({ min: 1, max: 2500 }),
    crashes: fc.array(fc.record({ node: fc.nat({ max: 5 }), at: fc.nat({ max: 2 * healsAfterMs }), lost: fc.nat({ max: 8 }) }), {
      maxLength: 6,
    }),
  })
  .map((scenario): Scenario => ({ ...scenario, liars: liarsAmong(scenario.powers, scenario.seed) }))

/** As many, by chance, as hold less than a third together. */
function liarsAmong(powers: readonly bigint[], seed: number): readonly number[] {
  const total = powers.reduce((sum, power) => sum + power, 0n)
  const liars: number[] = []
  let lying = 0n
  for (let turn = 0; turn < powers.length; turn++) {
    const index = (seed + turn) % powers.length
    const power = powers[index] as bigint
    if (3n * (lying + power) >= total) continue
    lying += power
    liars.push(index)
  }
  return liars
}

function run(scenario: Scenario): Cluster {
  const { powers, liars, loss, delayMs, seed } = scenario
  const random = randomFrom(seed)
  const of = committee(powers)
  const honest = powers.map((_, index) => index).filter((index) => !liars.includes(index))
  const cluster = createCluster({
    committee: of,
    honest,
    compareMs: 400,
    delay(_from, _to, now) {
      if (now - genesisTime >= healsAfterMs) return 1 + random(50)
      return random(1000) < loss * 1000 ? undefined : random(delayMs)
    },
  })
  for (const { node, at, lost } of scenario.crashes) cluster.at(at, () => cluster.crash(node, lost))
  for (let at = 0; at < 4 * healsAfterMs && liars.length > 0; at += 100 + random(400)) {
    cluster.at(at, () => lie(cluster, of, liars[random(liars.length)] as number, honest[random(honest.length)] as number, random))
  }
  cluster.run(healsAfterMs + decidesWithinMs)
  return cluster
}

/** One lie to one victim: a vote for anything, or a block of the liar's own when it is its turn. */
function lie(cluster: Cluster, of: Committee, liar: number, victim: number, random: (below: number) => number): void {
  const node = cluster.nodes.get(victim)
  if (!node || node.core.height === 0) return
  const round = Math.max(0, node.core.round + random(3) - 1)
  const { block, hash } = testBlock(of, { time: cluster.now, proposer: liar, salt: `lie ${random(2)}` })
  if (proposerAt(of.set, initialPriorities(of.set), round) === liar && random(3) > 0) {
    const proposal = { height: 1, round, validRound: undefined, blockHash: hash }
    return cluster.inject(victim, { type: 'proposal', proposal: signProposal(of, liar, proposal, block) })
  }
  const seen = cluster.sent.flatMap(({ message }) => (message.type === 'proposal' ? [message.proposal.proposal.blockHash] : []))
  const choices = [undefined, hash, ...seen.slice(-3)]
  const vote: Vote = { kind: random(2) === 0 ? prevote : precommit, height: 1, round, blockHash: choices[random(choices.length)] }
  cluster.inject(victim, { type: 'vote', vote: signVote(of, liar, vote) })
}

function randomFrom(seed: number): (below: number) => number {
  let state = (seed >>> 0) + 0x9e3779b9
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

describe('a network that loses, delays, crashes and lies', () => {
  test('agrees, on a block with a true commit, and decides once it heals', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios, async (scenario) => {
        const cluster = run(scenario)
        const of = committee(scenario.powers)
        const decisions = [...cluster.nodes.values()].map(({ decision }) => decision)
        expect(decisions.filter((decision) => decision === undefined)).toEqual([])
        expect(new Set(decisions.map((decision) => String(decision?.commit.blockHash))).size).toBe(1)
        const commit = decisions[0]?.commit
        if (commit) expect((await verifyCommit(chainId, commit, of.set, async (items) => blsVerifyBatch(items))).ok).toBe(true)
      }),
      { numRuns: 60 },
    )
  }, 60_000)

  test('accuses liars, with proof, and nobody else', () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const cluster = run(scenario)
        const of = committee(scenario.powers)
        for (const { evidence } of cluster.nodes.values()) {
          for (const piece of evidence) {
            const accused = of.keys.findIndex(({ publicKey }) => String(publicKey) === String(piece.consensusKey))
            expect(scenario.liars).toContain(accused)
            expect(checkEvidence(piece).ok).toBe(true)
            expect(blsVerifyBatch(evidenceItems(chainId, piece))).toEqual([true, true])
          }
        }
      }),
      { numRuns: 20 },
    )
  }, 60_000)
})
