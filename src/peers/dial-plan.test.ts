import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDialPlan, type DialView, heardBounds, warmSpares } from './dial-plan.ts'
import { readDialTarget } from './dial-target.ts'

const teller = { host: '198.51.100.1', group: '198.51.0.0/16' }
const nobody: DialView = { outboundGroups: [], isConnected: () => false, mayDial: () => true }
const addressIn = (group: number, host: number) => `/ip4/60.${group}.0.${host}/tcp/26600/p2p/peer${group}x${host}`
const groupOf = (address: string) => readDialTarget(address).group
const even = () => 0.5

describe('dial plan', () => {
  it('dials the configured whatever the target, once each', () => {
    const plan = createDialPlan(['a', 'b'], 0)
    expect(plan.due(nobody, 0, even).dial).toEqual(['a', 'b'])
    expect(plan.due(nobody, 0, even)).toEqual({ dial: [], wakeAt: undefined })
    plan.failed('a', 0, even)
    const { dial, wakeAt } = plan.due(nobody, 0, even)
    expect(dial).toEqual([])
    expect(plan.due(nobody, wakeAt!, even).dial).toEqual(['a'])
  })

  it('spreads over network groups before it takes a second of any', () => {
    const plan = createDialPlan([], 2)
    plan.learn([addressIn(1, 1), addressIn(1, 2), addressIn(1, 3), addressIn(2, 1), addressIn(3, 1), addressIn(4, 1)], teller)
    const { dial } = plan.due(nobody, 0, even)
    expect(new Set(dial.map(groupOf)).size).toBe(4)
  })

  it('prefers groups that it is not yet connected to', () => {
    const plan = createDialPlan([], 1)
    plan.learn([addressIn(1, 1), addressIn(2, 1)], teller)
    const view = { ...nobody, outboundGroups: [groupOf(addressIn(1, 9)), 'another'] }
    expect(plan.due(view, 0, even).dial).toEqual([addressIn(2, 1)])
  })

  it('does not always lean on the same ones', () => {
    const firsts = new Set<string>()
    let chanceSeed = 7
    const chance = () => {
      chanceSeed = (chanceSeed * 16807) % 2147483647
      return chanceSeed / 2147483647
    }
    for (let run = 0; run < 30; run++) {
      const plan = createDialPlan([], 1)
      plan.learn(
        Array.from({ length: 8 }, (_, group) => addressIn(group, 1)),
        teller,
      )
      firsts.add(plan.due(nobody, 0, chance).dial[0]!)
    }
    expect(firsts.size).toBeGreaterThan(4)
  })

  it('dials nobody whom it is connected to, and nobody it may not', () => {
    const plan = createDialPlan([addressIn(9, 9)], 5)
    plan.learn([addressIn(1, 1), addressIn(2, 1), addressIn(3, 1)], teller)
    const view: DialView = {
      ...nobody,
      isConnected: (peer) => peer === 'peer1x1',
      mayDial: ({ peer }) => peer !== 'peer2x1' && peer !== 'peer9x9',
    }
    expect(plan.due(view, 0, even).dial).toEqual([addressIn(3, 1)])
    expect(plan.due({ ...view, mayDial: () => true }, 60_000, even).dial).toContain(addressIn(9, 9))
  })

  it('gives up an address that it only heard of, and never a configured one', () => {
    const plan = createDialPlan(['configured'], 5)
    plan.learn([addressIn(1, 1)], teller)
    let now = 0
    const dialled = { configured: 0, heard: 0 }
    for (let round = 0; round < 200; round++) {
      const { dial, wakeAt } = plan.due(nobody, now, even)
      for (const address of dial) {
        dialled[address === 'configured' ? 'configured' : 'heard']++
        plan.failed(address, now, even)
      }
      now = Math.max(now, wakeAt ?? now)
    }
    expect(dialled.heard).toBe(8)
    expect(dialled.configured).toBeGreaterThan(80)
  })

  it('dials a host and port once at a time, and ever more slowly, whoever is said to be there', () => {
    const plan = createDialPlan([], 8)
    const told = (round: number) => Array.from({ length: 64 }, (_, index) => `/ip4/60.1.0.1/tcp/26600/p2p/made${round}x${index}`)
    let dials = 0
    let now = 0
    for (let round = 0; round < 600; round++, now += 1000) {
      plan.learn(told(round), teller)
      const { dial } = plan.due(nobody, now, even)
      expect(dial.length).toBeLessThanOrEqual(1)
      expect(plan.due(nobody, now, even).dial).toEqual([])
      for (const address of dial) expect(plan.failed(address, now, even, true)).toBeUndefined()
      dials += dial.length
    }
    expect(dials).toBeGreaterThan(3)
    expect(dials).toBeLessThan(13)
  })

  it('keeps three addresses of a host, and dials none beside a connection to the same port', () => {
    const plan = createDialPlan([], 8)
    plan.learn(
      Array.from({ length: 9 }, (_, index) => `/ip4/60.1.0.1/tcp/${26600 + (index % 2)}/p2p/made${index}`),
      teller,
    )
    const { dial } = plan.due(nobody, 0, even)
    expect(dial).toHaveLength(2)
    for (const address of dial) plan.connected(address, 'b', 0)
    expect(plan.due(nobody, 1e9, even).dial).toEqual([])
  })

  it('drops at once what proved worthless, but for the configured', () => {
    const plan = createDialPlan(['configured'], 5)
    plan.learn([addressIn(1, 1)], teller)
    expect(plan.due(nobody, 0, even).dial).toHaveLength(2)
    expect(plan.failed(addressIn(1, 1), 0, even, true)).toBeUndefined()
    expect(plan.failed('configured', 0, even, true)).toBe(1)
    expect(plan.due(nobody, 60_000, even).dial).toEqual(['configured'])
  })

  it('is bounded in all and by the group that tells', () => {
    const plan = createDialPlan([], 5)
    const tell = (group: number, count: number) =>
      plan.learn(
        Array.from({ length: count }, (_, host) => addressIn(group, host)),
        { host: '198.51.100.1', group: `teller ${group}` },
      )
    for (let group = 0; group < 40; group++) tell(group, 200)
    const found = new Set<string>()
    for (let round = 0; round < 2000; round++) {
      const { dial } = plan.due(nobody, round, even)
      for (const address of dial) {
        found.add(address)
        plan.connected(address, readDialTarget(address).peer!, round)
      }
    }
    expect(found.size).toBeLessThanOrEqual(heardBounds.total)
    expect(Math.max(...[...Map.groupBy(found, groupOf).values()].map(({ length }) => length))).toBeLessThanOrEqual(
      heardBounds.perGroup,
    )
  })

  it('never has more under way or connected than the target and its spares', () => {
    const step = fc.constantFrom('due', 'connect', 'fail', 'lose')
    const property = fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 120 }), (target, steps) => {
      const plan = createDialPlan([], target)
      plan.learn(
        Array.from({ length: 30 }, (_, index) => addressIn(index % 6, index)),
        teller,
      )
      const dialling: string[] = []
      const connected: string[] = []
      let now = 0
      for (const kind of steps) {
        now += 700
        const peers = new Set(connected.map((address) => readDialTarget(address).peer))
        const view: DialView = { ...nobody, outboundGroups: connected.map(groupOf), isConnected: (peer) => peers.has(peer) }
        const [first] = kind === 'lose' ? connected : dialling
        if (kind === 'due') dialling.push(...plan.due(view, now, even).dial)
        else if (first === undefined) continue
        else if (kind === 'lose') plan.lost(readDialTarget(connected.shift()!).peer!, now, even)
        else if (kind === 'fail') plan.failed(dialling.shift()!, now, even)
        else {
          plan.connected(first, readDialTarget(first).peer!, now)
          connected.push(dialling.shift()!)
        }
        expect(new Set([...dialling, ...connected]).size).toBe(dialling.length + connected.length)
        expect(dialling.length + connected.length).toBeLessThanOrEqual(target + warmSpares)
      }
    })
    fc.assert(property)
  })
})
