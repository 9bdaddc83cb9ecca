import { describe, expect, it } from 'vitest'
import { createNodeWorld, heights } from '../../test/engine/node-world.ts'
import { defaultResourceLimits } from '../peers/resource-manager.ts'
import type { Network } from '../ports/network.ts'
import { refusalOf } from '../ports/network.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import { silence } from '../ports/telemetry.ts'
import { createScheduler, createSimulatedClock } from '../simulator/scheduler.ts'
import type { Ports } from './ports.ts'
import { createResourceGuard } from './resource-guard.ts'

/** A guard on a loop that is late when it is told to be. */
function guardOn() {
  const scheduler = createScheduler(0)
  const counts = new Map<string, number>()
  const logs: string[] = []
  const telemetry: Telemetry = {
    ...silence,
    count: (metric, by = 1, { what = '' } = {}) =>
      void counts.set(`${metric} ${what}`, (counts.get(`${metric} ${what}`) ?? 0) + by),
    log: (level, message, fields) => void logs.push(`${level} ${message} ${fields?.['level']}`),
  }
  const late = { ms: 0 }
  const memory = { usedBytes: 0, limitBytes: 100 }
  const clock = createSimulatedClock(scheduler, () => 0)
  const actions: string[] = []
  const guard = createResourceGuard({
    ports: {
      clock: { ...clock, schedule: (delayMs: number, callback: () => void) => clock.schedule(delayMs + late.ms, callback) },
      network: { peers: () => [] } as unknown as Network,
      telemetry,
      vitals: { memory: () => memory },
    } as unknown as Ports,
    limits: { ...defaultResourceLimits, lagMs: 100 },
    budgets: {
      answers: 0,
      shrink: (divisor) => void actions.push(`shrink ${divisor}`),
      restNoisiest(count) {
        actions.push(`rest ${count}`)
        return count
      },
    },
    backlog: { signatures: 0, bytes: 0 },
    partFromLeast(reason) {
      actions.push(`part ${reason}`)
      return true
    },
  })
  guard.start()
  return { guard, late, memory, actions, counts, logs, seconds: (count: number) => scheduler.run(scheduler.now() + count * 1000) }
}

describe('resource guard', () => {
  it('measures the lag of the loop and who arrives, and leaves everything be while all is well', async () => {
    const { guard, seconds, actions } = guardOn()
    guard.arrived()
    await seconds(1)
    expect(guard.load()).toEqual({ level: 'normal', lagMs: 0, inboundPerSecond: 1 })
    await seconds(10)
    expect(guard.load()).toMatchObject({ inboundPerSecond: 0 })
    expect([guard.admitsInbound, guard.servesBulk, actions]).toEqual([true, true, []])
  })

  it('gives up strangers first, then bulk and peers, and takes everything up again', async () => {
    const { guard, late, seconds, actions, logs, counts } = guardOn()
    late.ms = 120
    await seconds(4)
    expect([guard.load().level, guard.admitsInbound, guard.servesBulk]).toEqual(['strained', false, true])
    expect(actions).toContain('shrink 4')
    expect(actions).not.toContain('part NODE_OVERLOADED')
    late.ms = 900
    await seconds(12)
    expect([guard.load().level, guard.servesBulk]).toEqual(['overloaded', false])
    expect(actions).toEqual(expect.arrayContaining(['shrink 16', 'rest 4', 'part NODE_OVERLOADED']))
    late.ms = 0
    await seconds(20)
    expect([guard.load().level, guard.admitsInbound, guard.servesBulk]).toEqual(['normal', true, true])
    expect(actions.at(-1)).toBe('shrink 1')
    expect(logs).toEqual([
      'warn load of this node changes strained',
      'warn load of this node changes overloaded',
      'info load of this node changes strained',
      'info load of this node changes normal',
    ])
    expect(counts.get('synod_shed_total peers')).toBeGreaterThan(0)
  })

  it('looks after its memory', async () => {
    const { guard, memory, seconds } = guardOn()
    memory.usedBytes = 80
    await seconds(3)
    expect(guard.load().level).toBe('strained')
    memory.usedBytes = 99
    await seconds(3)
    expect(guard.load().level).toBe('overloaded')
  })
})

it('an overloaded node serves no blocks, says when to come again, and goes on deciding', async () => {
  let network: Network | undefined
  const nodes = createNodeWorld({
    validators: 4,
    consensus: { interval_ms: 500 },
    tamper(index, ports) {
      if (index === 3) network = ports.network
      return index === 0 ? { ...ports, vitals: { memory: () => ({ usedBytes: 100, limitBytes: 100 }) } } : ports
    },
  })
  await nodes.start()
  await nodes.until(() => heights(nodes)[0]! > 5, 20)
  let refusal: ReturnType<typeof refusalOf>
  const ask = async () => {
    for await (const _ of (network as Network).request('node0', 'block', Uint8Array.of(0x92, 1, 1), { timeoutMs: 500 })) return
  }
  ask().catch((error: unknown) => {
    refusal = refusalOf(error)
  })
  await nodes.until(() => refusal !== undefined, 5)
  expect(refusal).toEqual({ code: 'PEER_BUSY', text: '3000', retryMs: 3000 })
  const before = heights(nodes)[0]!
  await nodes.until(() => heights(nodes)[0]! > before + 5, 20)
  expect(nodes.members[0]!.node().peers()).toHaveLength(3)
})
