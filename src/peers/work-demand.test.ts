import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { workMax } from './work-challenge.ts'
import { type ConnectionLoad, createWorkDemand } from './work-demand.ts'

const quiet: ConnectionLoad = { arrivalsPerSecond: 1, pendingGreetings: 1, loopLagMs: 1, level: 'normal' }
const flood: ConnectionLoad = { ...quiet, arrivalsPerSecond: 1_000 }

describe('work demand', () => {
  it('is nothing in quiet times', () => {
    const demand = createWorkDemand()
    for (let now = 0; now < 10_000; now += 100) expect(demand.ask(quiet, now)).toBe(0)
  })

  it.each<[string, Partial<ConnectionLoad>]>([
    ['arrivals', { arrivalsPerSecond: 33 }],
    ['greetings under way', { pendingGreetings: 65 }],
    ['a loop that is late', { loopLagMs: 151 }],
  ])('begins with too many %s', (_, load) => {
    expect(createWorkDemand().ask({ ...quiet, ...load }, 0)).toBeGreaterThanOrEqual(1024)
  })

  it('follows a flood up in steps, to its bound and no further, and down again when it is over', () => {
    const demand = createWorkDemand()
    const asked = Array.from({ length: 40 }, (_, step) => demand.ask(flood, step * 250))
    for (const [step, work] of asked.entries()) expect(work).toBeLessThanOrEqual(4 * (asked[step - 1] ?? 1024))
    expect(asked.at(-1)).toBe(workMax)
    const after = Array.from({ length: 120 }, (_, step) => demand.ask(quiet, 10_000 + step * 1_000))
    expect(after[2]).toBeGreaterThan(workMax / 4)
    expect(after.at(-1)).toBe(0)
  })

  it('asks for more of a heavier flood', () => {
    const askedOf = (arrivalsPerSecond: number) => {
      const demand = createWorkDemand()
      let work = 0
      for (let now = 0; now < 10_000; now += 300) work = demand.ask({ ...quiet, arrivalsPerSecond }, now)
      return work
    }
    const [some, more, most] = [askedOf(40), askedOf(100), askedOf(400)]
    expect([some > 1024, more > some * 4, most > more * 4]).toEqual([true, true, true])
  })

  it('does not flicker where the load is about what is free', () => {
    const demand = createWorkDemand()
    let changes = 0
    let was = demand.ask({ ...quiet, arrivalsPerSecond: 40 }, 0)
    for (let now = 100; now < 20_000; now += 100) {
      const is = demand.ask({ ...quiet, arrivalsPerSecond: now % 200 === 0 ? 33 : 31 }, now)
      if (is > 0 !== was > 0) changes++
      was = is
    }
    expect([changes, was > 0]).toEqual([0, true])
  })

  it('does not grow twice with one burst', () => {
    const demand = createWorkDemand()
    const asked = new Set(Array.from({ length: 100 }, () => demand.ask(flood, 5)))
    expect(asked.size).toBe(1)
  })

  it('begins while the node is strained by anything, with more while it is overloaded', () => {
    const asked = (['normal', 'strained', 'overloaded'] as const).map((level) => {
      const demand = createWorkDemand()
      let work = 0
      for (let now = 0; now < 5_000; now += 500) work = demand.ask({ ...quiet, level }, now)
      return work
    })
    expect(asked).toEqual([0, 2304, 16_384])
  })

  it('is never more than its bound, nor a fraction, whatever the clock does', () => {
    const step = fc.record({
      arrivalsPerSecond: fc.nat(100_000),
      pendingGreetings: fc.nat(10_000),
      loopLagMs: fc.nat(10_000),
      level: fc.constantFrom('normal', 'strained', 'overloaded'),
      now: fc.nat(1_000_000),
    })
    const property = fc.property(fc.array(step), (steps) => {
      const demand = createWorkDemand()
      for (const { now, ...load } of steps) {
        const work = demand.ask(load, now)
        expect(Number.isInteger(work) && work >= 0 && work <= workMax).toBe(true)
      }
    })
    fc.assert(property)
  })
})
