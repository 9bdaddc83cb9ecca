import { describe, expect, it } from 'vitest'
import { createScheduler, createSimulatedClock } from '../simulator/scheduler.ts'
import { createPeerHeights, firstDoubtMs } from './peer-heights.ts'

function setUp() {
  const scheduler = createScheduler(0)
  const heights = createPeerHeights(createSimulatedClock(scheduler, () => 0))
  return { heights, run: (ms: number) => scheduler.run(scheduler.now() + ms) }
}

describe('what peers say of their height', () => {
  it('is believed, the highest first, of peers that were met', () => {
    const { heights } = setUp()
    heights.meet('low', 3)
    heights.meet('high', 5)
    heights.heard('stranger', 9)
    heights.heard('low', 4)
    heights.heard('high', 2)
    expect(heights.above(3)).toEqual(['high', 'low'])
    expect(heights.above(4)).toEqual(['high'])
    heights.forget('high')
    expect(heights.above(0)).toEqual(['low'])
  })

  it('is not believed of who could not back it, longer each time, until it can', async () => {
    const { heights, run } = setUp()
    heights.meet('liar', 0)
    const silences: number[] = []
    for (let time = 0; time < 3; time++) {
      heights.heard('liar', 100)
      heights.doubt('liar')
      let waited = 0
      for (; heights.above(0).length === 0; waited += 500) {
        await run(500)
        heights.heard('liar', 100)
      }
      silences.push(waited)
    }
    expect(silences).toEqual([firstDoubtMs, firstDoubtMs * 2, firstDoubtMs * 4])
    heights.trust('liar')
    heights.doubt('liar')
    await run(firstDoubtMs)
    heights.heard('liar', 1)
    expect(heights.above(0)).toEqual(['liar'])
  })
})
