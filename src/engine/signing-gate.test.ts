import { describe, expect, it } from 'vitest'
import { createScheduler, createSimulatedClock } from '../simulator/scheduler.ts'
import { createSigningGate } from './signing-gate.ts'

function setUp(waitMs: number) {
  const scheduler = createScheduler(0)
  const gate = createSigningGate(
    createSimulatedClock(scheduler, () => 0),
    waitMs,
  )
  const answers: boolean[] = []
  const wait = () => void gate.passed().then((safe) => answers.push(safe))
  return { gate, answers, wait, run: (ms: number) => scheduler.run(scheduler.now() + ms) }
}

describe('signing gate', () => {
  it('opens once the node has caught up and has listened', async () => {
    const { gate, answers, wait, run } = setUp(300)
    wait()
    await run(1000)
    expect(gate.open).toBe(false)
    gate.caughtUp(1)
    await run(299)
    expect(answers).toEqual([])
    await run(2)
    expect(answers).toEqual([true])
    expect(await gate.passed()).toBe(true)
  })

  it('listens anew when the node falls behind before it has listened long enough', async () => {
    const { gate, answers, wait, run } = setUp(300)
    wait()
    gate.caughtUp(1)
    await run(200)
    gate.fellBehind()
    await run(1000)
    expect(gate.open).toBe(false)
    gate.caughtUp(9)
    await run(299)
    expect(answers).toEqual([])
    await run(2)
    expect(answers).toEqual([true])
    gate.fellBehind()
    expect(gate.open).toBe(true)
  })

  it('opens at once where there is nothing to listen for', async () => {
    const { gate, answers, wait, run } = setUp(0)
    wait()
    gate.caughtUp(1)
    await run(0)
    expect(answers).toEqual([true])
  })

  it('opens at once on a chain that has no blocks yet', async () => {
    const { gate, answers, wait, run } = setUp(300)
    wait()
    gate.caughtUp(0)
    await run(0)
    expect(answers).toEqual([true])
  })

  it('never opens again after it was shut, and keeps the first reason', async () => {
    const { gate, answers, wait, run } = setUp(300)
    gate.caughtUp(1)
    wait()
    gate.shut('a double')
    gate.shut('another reason')
    await run(1000)
    expect(answers).toEqual([false])
    expect(gate).toMatchObject({ open: false, fault: 'a double' })
    expect(await gate.passed()).toBe(false)
  })

  it('lets go of those who wait for what is over, and of nobody else', async () => {
    const { gate, answers, wait, run } = setUp(300)
    wait()
    gate.dismiss()
    wait()
    gate.caughtUp(1)
    await run(301)
    expect(answers).toEqual([false, true])
  })
})
