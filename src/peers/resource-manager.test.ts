import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createResourceManager, type LoadFigures, type LoadLevel, type ResourceLimits } from './resource-manager.ts'

const limits: ResourceLimits = { lagMs: 100, memory: 1, queuedBytes: 500, connections: 50, answers: 10, backlog: 200 }
const idle: LoadFigures = { lagMs: 0, memory: 0, queuedBytes: 0, connections: 0, answers: 0, backlog: 0 }
const lag = (lagMs: number): LoadFigures => ({ ...idle, lagMs })

/** The level after each second, by its first letter. */
function course(lags: readonly number[]): string {
  const manager = createResourceManager(limits)
  return lags.map((lagMs) => manager.assess(lag(lagMs)).level[0]).join('')
}

describe('resource manager', () => {
  it.each<[string, readonly number[], string]>([
    ['one bad second is nothing', [150, 0, 150, 0], 'nnnn'],
    ['two are a strain', [150, 150], 'ns'],
    ['a very bad one is a strain at once, and two are an overload', [450, 450, 450], 'soo'],
    ['it falls step by step, after five good seconds each', [150, 150, ...Array.from({ length: 5 }, () => 0)], 'nsssssn'],
    ['nor falls while it is near the limit', [150, 150, ...Array.from({ length: 8 }, () => 80)], 'nsssssssss'],
    ['nor swings', [150, 150, 60, 60, 60, 60, 90, 60, 60], 'nssssssss'],
    ['an overload falls to a strain first', [450, 450, ...Array.from({ length: 10 }, () => 0)], 'sooooosssssn'],
  ])('%s', (_name, lags, expected) => {
    expect(course(lags)).toBe(expected)
  })

  it.each(Object.keys(limits) as (keyof LoadFigures)[])('is strained by %s, and says so', (figure) => {
    const manager = createResourceManager(limits)
    const figures = { ...idle, [figure]: limits[figure] * 1.5 }
    manager.assess(figures)
    expect(manager.assess(figures)).toMatchObject({ level: 'strained', before: 'normal', worst: figure, pressure: 1.5 })
  })

  it('gives up the less useful first', () => {
    const manager = createResourceManager(limits)
    const at = (lagMs: number) => manager.assess(lag(lagMs)).shedding
    expect(at(0)).toEqual({ admitsInbound: true, budgetDivisor: 1, pausedPeers: 0, servesBulk: true, partings: 0 })
    expect(at(500)).toMatchObject({ admitsInbound: false, budgetDivisor: 4, servesBulk: true, partings: 0 })
    expect(at(500)).toMatchObject({ admitsInbound: false, budgetDivisor: 16, servesBulk: false, partings: 1 })
  })

  it('moves one level at a time, and is normal again after ten idle seconds, whatever happened', () => {
    const levels: readonly LoadLevel[] = ['normal', 'strained', 'overloaded']
    const seconds = fc.array(fc.record({ lagMs: fc.nat(1000), memory: fc.nat(9), backlog: fc.nat(2000) }), { maxLength: 100 })
    fc.assert(
      fc.property(seconds, (course) => {
        const manager = createResourceManager(limits)
        for (const figures of course) {
          const { level, before } = manager.assess({ ...idle, ...figures })
          expect(Math.abs(levels.indexOf(level) - levels.indexOf(before))).toBeLessThanOrEqual(1)
        }
        for (let second = 0; second < 10; second++) manager.assess(idle)
        expect(manager.assess(idle).level).toBe('normal')
      }),
    )
  })
})
