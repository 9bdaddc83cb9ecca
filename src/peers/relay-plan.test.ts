import { expect, test } from 'vitest'
import { createRelayPlan, type RelayCandidate } from './relay-plan.ts'

const candidate = (peer: string, changes: Partial<RelayCandidate> = {}): RelayCandidate => ({
  peer,
  preferred: false,
  offers: true,
  group: peer,
  latencyMs: 10,
  ...changes,
})
const [a, b, c] = [candidate('a'), candidate('b', { latencyMs: 5 }), candidate('c', { latencyMs: 20 })]

test('as many are asked as are wanted, the preferred and the near first', () => {
  const plan = createRelayPlan()
  expect(plan.due([a, b, { ...c, preferred: true }], 2, 0)).toEqual({ ask: ['c', 'b'], release: [] })
  expect(plan.due([a, b, c], 2, 1).ask).toEqual([])
})

test('one that does not offer it is asked when there are not enough that do', () => {
  const plan = createRelayPlan()
  const quiet = { ...b, offers: false }
  expect(plan.due([quiet, a, c], 2, 0).ask).toEqual(['a', 'c'])
  expect(plan.due([quiet, a], 2, 1).ask).toEqual(['b'])
})

test('a second one of the same network comes after one of another', () => {
  const plan = createRelayPlan()
  plan.due([{ ...a, group: 'g' }], 2, 0)
  expect(plan.due([{ ...a, group: 'g' }, { ...b, group: 'g' }, c], 2, 1).ask).toEqual(['c'])
})

test('what holds is renewed with a third of it left, and a failure to renew gives the place to another', () => {
  const plan = createRelayPlan()
  plan.due([a], 1, 0)
  plan.granted('a', 900, 0)
  expect(plan.held()).toEqual(['a'])
  expect(plan.due([a, b], 1, 599).ask).toEqual([])
  expect(plan.due([a, b], 1, 600).ask).toEqual(['a'])
  expect(plan.held()).toEqual(['a'])
  plan.refused('a', 700, 1)
  expect(plan.held()).toEqual([])
  expect(plan.due([a, b], 1, 700).ask).toEqual(['b'])
})

test('one that is gone is replaced at once', () => {
  const plan = createRelayPlan()
  plan.due([a], 1, 0)
  plan.granted('a', 900, 0)
  expect(plan.due([c], 1, 10)).toEqual({ ask: ['c'], release: [] })
  expect(plan.held()).toEqual([])
})

test('who refuses is asked later and later', () => {
  const plan = createRelayPlan()
  let now = 0
  const pauses: number[] = []
  for (let count = 0; count < 8; count++) {
    expect(plan.due([a], 1, now).ask).toEqual(['a'])
    plan.refused('a', now, 1)
    let pause = 0
    while (plan.due([a], 1, now + pause).ask.length === 0) pause += 30_000
    plan.refused('a', now + pause, 0)
    pauses.push(pause)
    now += 2_000_000 + pause
  }
  expect(pauses[0]).toBeGreaterThanOrEqual(30_000)
  expect(Math.max(...pauses)).toBe(1_800_000)
})

test('all are given up when none is wanted', () => {
  const plan = createRelayPlan()
  plan.due([a, b], 2, 0)
  plan.granted('a', 900, 0)
  plan.granted('b', 900, 0)
  expect(plan.due([a, b], 0, 1)).toEqual({ ask: [], release: ['a', 'b'] })
  expect(plan.due([a, b], 2, 2).ask).toEqual(['b', 'a'])
})
