import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { budgetPolicyOf, defaultBudgetLimits, type LanePolicy } from './budget-policy.ts'
import { createPeerBudgets } from './peer-budgets.ts'

const policy = budgetPolicyOf({
  validators: 7,
  blockTransactionsMax: 10_000,
  bytesMaxOf: () => 1 << 20,
  limits: { ...defaultBudgetLimits, bytesPerMinute: 60 << 20 },
})
const lane = fc.nat(policy.lanes.length - 1)

describe('peer budgets', () => {
  it('never refuse or hold back a schedule within the limits', () => {
    const step = fc.record({ lane, part: fc.double({ min: 0, max: 1, noNaN: true }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const budgets = createPeerBudgets(policy)
        const free = new Map<number, number>()
        // Each lane at its own full rate: an event waits for its token, and for those of its bytes.
        const schedule = steps.map(({ lane: at, part }) => {
          const { events, bytes } = policy.lanes[at] as LanePolicy
          const size = Math.floor(part * (1 << 20))
          const due = (free.get(at) ?? 1e6) + Math.max(events.intervalMs, size * bytes.intervalMs)
          free.set(at, due)
          return { at, size, due }
        })
        for (const { at, size, due } of schedule.sort((left, right) => left.due - right.due)) {
          expect(budgets.charge('peer', at, size, due)).toBe('take')
        }
      }),
    )
  })

  it('never take more than twice the burst and what came back, whatever is thrown at them', () => {
    const step = fc.record({ lane, bytes: fc.nat(1 << 20), waitMs: fc.nat(20), times: fc.integer({ min: 1, max: 400 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const budgets = createPeerBudgets(policy)
        const start = 1e6
        let now = start
        const taken = policy.lanes.map(() => ({ events: 0, bytes: 0 }))
        for (const { lane: at, bytes, waitMs, times } of steps) {
          now += waitMs
          for (let time = 0; time < times; time++) {
            if (budgets.charge('attacker', at, bytes, now) === 'refuse') continue
            taken[at]!.events++
            taken[at]!.bytes += bytes
          }
        }
        for (const [at, { events, bytes }] of policy.lanes.entries()) {
          const most = (bucket: typeof events) => 2 * bucket.burst + (now - start) / bucket.intervalMs + 1e-6
          expect(taken[at]!.events).toBeLessThanOrEqual(most(events))
          expect(taken[at]!.bytes).toBeLessThanOrEqual(most(bytes))
        }
      }),
      { numRuns: 50 },
    )
  })

  it('remember a bounded number of peers', () => {
    const budgets = createPeerBudgets(policy)
    for (let index = 0; index < 10_000; index++) {
      budgets.charge(`peer ${index}`, 0, 1000, 0.5)
      budgets.leave(`peer ${index}`, 0.5)
    }
    expect(budgets.size).toBeLessThanOrEqual(4096)
  })
})
