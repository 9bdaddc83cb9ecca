import { describe, expect, it } from 'vitest'
import { tokenBucketPolicy } from '../primitives/token-bucket.ts'
import { type BudgetOptions, type BudgetPolicy, budgetPolicyOf, defaultBudgetLimits, type LaneName } from './budget-policy.ts'
import { createPeerBudgets, type PeerBudgets } from './peer-budgets.ts'

const chain: BudgetOptions = {
  validators: 4,
  blockTransactionsMax: 10_000,
  bytesMaxOf: (lane) => (lane === 'batches' ? 128 << 10 : 1 << 20),
  limits: defaultBudgetLimits,
}
const policy = budgetPolicyOf(chain)
const laneOf = (name: LaneName, of: BudgetPolicy = policy) => of.lanes.findIndex((lane) => lane.name === name)
const perMinute = (name: LaneName, of: BudgetPolicy = policy) => 60_000 / of.lanes[laneOf(name, of)]!.events.intervalMs
const start = 1_000_000

/** Sends so many at once, and answers each that was not taken as an engine would. */
function send(budgets: PeerBudgets, name: LaneName, count: number, now = start, bytes = 200) {
  const seen = { take: 0, defer: 0, refuse: 0, spam: 0, pauses: 0, longestMs: 0 }
  for (let index = 0; index < count; index++) {
    const outcome = budgets.charge('peer', laneOf(name), bytes, now)
    seen[outcome]++
    if (outcome === 'take') continue
    const { pauseMs, spam } = budgets.respond('peer', laneOf(name), bytes, now)
    if (spam) seen.spam++
    if (pauseMs > 0) seen.pauses++
    seen.longestMs = Math.max(seen.longestMs, pauseMs)
  }
  return seen
}

describe('the policy of a chain', () => {
  it.each<[LaneName, number]>([
    ['peers', 100],
    ['request-status', 100],
    ['gossip-evidence', 100],
  ])('gives %s %i events a minute', (lane, count) => {
    expect(perMinute(lane)).toBeCloseTo(count)
  })

  it.each([4, 100, 1024])('has room for every vote of %i validators, twice over', (validators) => {
    const perSecond = perMinute('consensus', budgetPolicyOf({ ...chain, validators })) / 60
    // 500 rounds a second of own votes and certificates, and eight answers with all votes of both kinds.
    expect(perSecond).toBeGreaterThanOrEqual(2 * (500 * 6 + 8 * 2 * validators))
    expect(perSecond).toBeLessThan(50_000)
  })

  it('lets a validator push 50 MB of full batches in each second', () => {
    expect(perMinute('batches') / 60).toBeGreaterThan(50e6 / 65_536)
    expect(60_000 / policy.lanes[laneOf('batches')]!.bytes.intervalMs / 60).toBeGreaterThan(50e6)
  })

  it('fits the longest message of every lane, in every lane', () => {
    for (const { name, bytes } of policy.lanes) expect(bytes.burst, name).toBeGreaterThanOrEqual(chain.bytesMaxOf(name))
  })

  it('obeys the operator', () => {
    const own = budgetPolicyOf({ ...chain, limits: { ...defaultBudgetLimits, controlPerMinute: 7, consensusPerMinute: 120 } })
    expect([perMinute('peers', own), perMinute('consensus', own)]).toEqual([expect.closeTo(7), expect.closeTo(120)])
  })
})

describe('a peer', () => {
  it('may send what its lane gives, and is held back once for what is beyond it', () => {
    const burst = policy.lanes[laneOf('consensus')]!.events.burst
    const seen = send(createPeerBudgets(policy), 'consensus', Math.floor(burst) + 50)
    expect(seen).toMatchObject({ take: Math.floor(burst), defer: 50, refuse: 0, pauses: 1, spam: 0 })
    expect(seen.longestMs).toBeLessThanOrEqual(2000)
  })

  it('that floods a channel is a spammer within two bursts, and nothing of the rest is taken', () => {
    const burst = policy.lanes[laneOf('batches')]!.events.burst
    const seen = send(createPeerBudgets(policy), 'batches', Math.ceil(burst * 5))
    expect(seen.take + seen.defer).toBeLessThanOrEqual(2 * burst)
    expect(seen.spam).toBeGreaterThanOrEqual(10)
  })

  it('that asks too often is refused, told when to come again, and taken then', () => {
    const budgets = createPeerBudgets(policy)
    expect(send(budgets, 'request-status', 120)).toMatchObject({ take: 100, refuse: 20, spam: 0, pauses: 0 })
    const { retryMs } = budgets.respond('peer', laneOf('request-status'), 200, start)
    expect(retryMs).toBe(600)
    expect(send(budgets, 'request-status', 2, start + retryMs)).toMatchObject({ take: 1, refuse: 1 })
  })

  it('that asks on and on is a spammer', () => {
    expect(send(createPeerBudgets(policy), 'request-status', 1000).spam).toBeGreaterThanOrEqual(10)
  })

  it('that is held back again and again, pause after pause, is a spammer', () => {
    const budgets = createPeerBudgets(policy)
    const burst = Math.ceil(policy.lanes[laneOf('consensus')]!.events.burst)
    let spam = 0
    for (let second = 0; second < 60; second += 2) spam += send(budgets, 'consensus', burst, start + second * 1000).spam
    expect(spam).toBeGreaterThan(10)
  })

  it('is not judged by how much gossip it forwards', () => {
    const seen = send(createPeerBudgets(policy), 'gossip-evidence', 5000)
    expect(seen).toMatchObject({ take: 100, refuse: 4900, spam: 0 })
  })

  it('gains nothing by coming back', () => {
    const budgets = createPeerBudgets(policy)
    send(budgets, 'peers', 100)
    budgets.leave('peer', start)
    expect(send(budgets, 'peers', 1)).toMatchObject({ refuse: 1 })
    budgets.leave('peer', start + 60_000)
    expect(budgets.size).toBe(0)
  })
})

describe('all peers together', () => {
  const tight: BudgetPolicy = { ...policy, everybody: { ...policy.everybody, messages: tokenBucketPolicy(100, 1000) } }

  it('are held back when they are too much, and nobody is blamed', () => {
    const budgets = createPeerBudgets(tight)
    expect(send(budgets, 'consensus', 1000)).toMatchObject({ take: 100, defer: 100, refuse: 800, spam: 0 })
  })

  it('do not hold back a validator that has proved itself', () => {
    const budgets = createPeerBudgets(tight)
    budgets.protect('peer', true)
    expect(send(budgets, 'consensus', 1000)).toMatchObject({ take: 1000 })
  })

  it('get less while the node is strained, and again all of it afterwards', () => {
    const budgets = createPeerBudgets(tight)
    budgets.shrink(4)
    expect(send(budgets, 'consensus', 100)).toMatchObject({ take: 25, defer: 25, refuse: 50, spam: 0 })
    budgets.shrink(1)
    expect(send(budgets, 'consensus', 100, start + 10_000).take).toBe(100)
  })

  it('are named by their noise', () => {
    const budgets = createPeerBudgets(policy)
    const sends: [string, number][] = [
      ['quiet', 1],
      ['loud', 4000],
      ['louder', 8000],
      ['validator', 8500],
    ]
    for (const [peer, count] of sends)
      for (let index = 0; index < count; index++) budgets.charge(peer, laneOf('batches'), 60_000, start)
    budgets.protect('validator', true)
    expect(budgets.noisiest(2, start)).toEqual(['louder', 'loud'])
    expect(budgets.noisiest(9, start + 60_000)).toEqual([])
  })
})
