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
import { sha256 } from '../../crypto/hash.ts'
import { bytesEqual, utf8 } from '../../primitives/bytes.ts'
import { initialPriorities, proposerAt } from '../proposer.ts'

const healsAfterMs = 15_000
const decidesWithinMs = 240_000

interface Scenario {
  readonly seed: number
  readonly powers: readonly bigint[]
  readonly liars: readonly number[]
  /** Until it heals, each link loses this share of what it carries: for a while all messages of a kind, then others. */
  readonly cut: number
  readonly windowMs: number
  readonly delayMs: number
  readonly compareMs: number
  /** From a time on, until it heals, nobody hears this node: it may have decided what the others do not know of. */
  readonly mute: { readonly node: number; readonly from: number }
  readonly crashes: readonly { readonly node: number; readonly at: number; readonly lost: number }[]
}

const scenarios = fc
  .record({
    seed: fc.nat(),
    powers: fc.array(fc.bigInt({ min: 1n, max: 5n }), { minLength: 4, maxLength: 6 }),
    cut: fc.double({ min: 0, max: 0.8, noNaN: true }),
    windowMs: fc.integer({ min: 50, max: 4000 }),
    delayMs: fc.integer({ min: 1, max: 1500 }),
    compareMs: fc.integer({ min: 300, max: 5000 }),
    mute: fc.record({ node: fc.nat({ max: 5 }), from: fc.nat({ max: 4000 }) }),
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
  const { powers, liars, cut, windowMs, delayMs, compareMs, seed } = scenario
  const random = randomFrom(seed)
  const of = committee(powers)
  const honest = powers.map((_, index) => index).filter((index) => !liars.includes(index))
  const cluster = createCluster({
    committee: of,
    honest,
    compareMs,
    isValid: (_, block) => !bytesEqual(block.header.appHash, sha256(utf8('bad'))),
    delay(from, to, now, message) {
      const elapsed = now - genesisTime
      if (elapsed >= healsAfterMs) return 1 + random(50)
      if (from === scenario.mute.node && elapsed >= scenario.mute.from) return undefined
      const window = Math.floor(elapsed / windowMs)
      const kind = message.type === 'vote' ? message.vote.vote.kind : message.type === 'proposal' ? 3 : 4
      const isCut = randomFrom(seed ^ (window * 7919 + from * 131 + to * 17 + kind))(1000) < cut * 1000
      return isCut ? undefined : random(delayMs)
    },
  })
  for (const { node, at, lost } of scenario.crashes) cluster.at(at, () => cluster.crash(node, lost))
  for (let at = 0; at < 2 * healsAfterMs && liars.length > 0; at += 20 + random(200)) {
    const liar = liars[random(liars.length)] as number
    cluster.at(at, () => lie(cluster, of, liar, honest[random(honest.length)] as number, random))
  }
  cluster.run(healsAfterMs + decidesWithinMs)
  return cluster
}

/**
 * One lie to one victim: votes for whatever suits the victim's present round, so that each victim sees its own block near a quorum;
 * or, when it is the liar's turn, a block that is another for every second victim, and at times a bad one.
 */
function lie(cluster: Cluster, of: Committee, liar: number, victim: number, random: (below: number) => number): void {
  const node = cluster.nodes.get(victim)
  if (!node || node.core.height === 0) return
  const round = Math.max(0, node.core.round + [0, 0, 0, 1, -1][random(5)]!)
  const salt = random(6) === 0 ? 'bad' : `lie ${victim % 2}`
  const { block, hash } = testBlock(of, { time: genesisTime + 1 + round * 1000, proposer: liar, salt })
  if (proposerAt(of.set, initialPriorities(of.set), round) === liar && random(2) > 0) {
    const proposal = { height: 1, round, validRound: undefined, blockHash: hash }
    return cluster.inject(victim, { type: 'proposal', proposal: signProposal(of, liar, proposal, block) })
  }
  const proposed = node.core.roundState().proposal
  const choices = [proposed, proposed, proposed, hash, undefined]
  const vote: Vote = { kind: random(2) === 0 ? prevote : precommit, height: 1, round, blockHash: choices[random(5)] }
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
        expect(decisions[0]?.block.header.appHash).not.toEqual(sha256(utf8('bad')))
        if (commit) expect((await verifyCommit(chainId, commit, of.set, async (items) => blsVerifyBatch(items))).ok).toBe(true)
      }),
      { numRuns: 200 },
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
      { numRuns: 50 },
    )
  }, 60_000)
})
