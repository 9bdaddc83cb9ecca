import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAddressBook } from './address-book/address-book.ts'
import { rankByTransport } from './address-order.ts'
import { createDialPlan, type DialPlan, type DialView, feelerEveryMs, warmSpares } from './dial-plan.ts'
import { readDialTarget } from './dial-target.ts'
import { realmOf } from './network-group.ts'

const nobody: DialView = { outbound: [], isConnected: () => false, mayDial: () => true }
const addressIn = (group: number, host: number) => `/ip4/60.${group}.0.${host}/tcp/26600/p2p/peer${group}x${host}`
const groupOf = (address: string) => readDialTarget(address).group
const placeOf = (address: string) => ({ group: groupOf(address), realm: realmOf(readDialTarget(address).host) })
const even = () => 0.5

function setUp(configured: readonly string[], outboundTarget: number, anchors: readonly string[] = []) {
  const book = createAddressBook(new Uint8Array(32).fill(1))
  const plan = createDialPlan({ configured, outboundTarget, book, anchors })
  /** Each address told by a group of its own, so that none is in the way of another. */
  const learn = (...addresses: readonly string[]) => {
    for (const [index, address] of addresses.entries()) {
      const host = `198.${index % 200}.100.1`
      book.learn(readDialTarget(address), { host, group: groupOf(`/ip4/${host}/tcp/26600`) }, { now: 0 }, () => 0)
    }
  }
  return { book, plan, learn, due: (view: DialView, now: number, chance = even) => dueOf(plan, view, now, chance) }
}

const dueOf = (plan: DialPlan, view: DialView, now: number, chance: () => number) =>
  plan.due(view, now, chance).dial.map(({ address }) => address)

describe('dial plan', () => {
  it('dials the configured whatever the target, once each', () => {
    const { plan, due } = setUp(['a', 'b'], 0)
    expect(due(nobody, 0)).toEqual(['a', 'b'])
    expect(plan.due(nobody, 0, even)).toEqual({ dial: [], wakeAt: undefined })
    plan.failed('a', 0, even)
    const { dial, wakeAt } = plan.due(nobody, 0, even)
    expect(dial).toEqual([])
    expect(plan.due(nobody, wakeAt!, even).dial).toEqual([{ address: 'a', purpose: 'configured' }])
  })

  it('dials those behind a relay to which it is connected, each for itself', () => {
    const relay = addressIn(1, 1)
    const { plan, learn, due } = setUp([relay], 8)
    expect(due(nobody, 0)).toEqual([relay])
    plan.connected(relay, 'peer1x1', 0)
    const behind = ['ann', 'ben'].map((name) => `${relay}/p2p-circuit/p2p/${name}`)
    learn(...behind)
    const view = { ...nobody, isConnected: (peer: string) => peer === 'peer1x1' }
    expect(new Set(due(view, 1))).toEqual(new Set(behind))
  })

  it('spreads over network groups before it takes a second of any', () => {
    const { learn, due } = setUp([], 2)
    learn(addressIn(1, 1), addressIn(1, 2), addressIn(1, 3), addressIn(2, 1), addressIn(3, 1), addressIn(4, 1))
    expect(new Set(due(nobody, 0).map(groupOf)).size).toBe(4)
  })

  it('prefers groups, and wider blocks, that it is not yet connected to', () => {
    const { learn, due } = setUp([], 1)
    learn(addressIn(1, 1), addressIn(2, 1), addressIn(17, 1))
    const view = { ...nobody, outbound: [placeOf(addressIn(1, 9))] }
    expect(due(view, 0)).toEqual([addressIn(17, 1), addressIn(2, 1)])
  })

  it('takes a second of a group only while the book knows few groups', () => {
    const view = { ...nobody, outbound: [1, 2, 3].map((group) => placeOf(addressIn(group, 9))) }
    const poor = setUp([], 4)
    poor.learn(addressIn(1, 1), addressIn(2, 1))
    expect(poor.due(view, 0)).toHaveLength(2)
    const rich = setUp([], 4)
    rich.learn(...Array.from({ length: 12 }, (_, index) => addressIn(index + 1, 1)))
    const others = { ...view, mayDial: ({ group }: { group: string }) => view.outbound.some((place) => place.group === group) }
    expect(rich.due(others, 0)).toEqual([])
  })

  it('gives every group the same chance, however many addresses are said to be in it', () => {
    const firsts = new Map<string, number>()
    let chanceSeed = 7
    const chance = () => {
      chanceSeed = (chanceSeed * 16807) % 2147483647
      return chanceSeed / 2147483647
    }
    const { learn, book } = setUp([], 1)
    learn(...Array.from({ length: 7 }, (_, group) => addressIn(group * 16, 1)))
    learn(...Array.from({ length: 100 }, (_, host) => addressIn(112, host)))
    for (let run = 0; run < 400; run++) {
      const plan = createDialPlan({ configured: [], outboundTarget: 1, book })
      const group = groupOf(dueOf(plan, nobody, 0, chance)[0]!)
      firsts.set(group, (firsts.get(group) ?? 0) + 1)
    }
    expect(firsts.size).toBe(8)
    for (const count of firsts.values()) expect(count).toBeGreaterThan(20)
    expect(firsts.get(groupOf(addressIn(112, 1)))).toBeLessThan(90)
  })

  it('takes the preferred address of a peer first, and the others when that has failed', () => {
    const [tcp, quic] = ['/ip4/60.1.0.1/tcp/26600/p2p/x', '/ip4/60.1.0.1/udp/26601/quic-v1/p2p/x']
    const view = { ...nobody, rankOf: rankByTransport(['quic', 'tcp']) }
    const configured = setUp([tcp, quic], 0)
    expect(configured.due(view, 0)).toEqual([quic])
    expect(configured.due(view, 0)).toEqual([])
    configured.plan.failed(quic, 0, even)
    expect(configured.due(view, 0)).toEqual([tcp])
    const heard = setUp([], 2)
    heard.learn(tcp, quic)
    expect(heard.due(view, 0)).toEqual([quic])
    heard.plan.failed(quic, 0, even)
    expect(heard.due(view, 0)).toEqual([tcp])
    expect(setUp([tcp, quic], 0).due({ ...view, rankOf: rankByTransport(['tcp']) }, 0)).toEqual([tcp])
  })

  it('begins with those it was connected to when it last ran', () => {
    const anchors = [addressIn(17, 1), addressIn(33, 1)]
    const { learn, due } = setUp([], 1, anchors)
    learn(...Array.from({ length: 30 }, (_, index) => addressIn(index * 8, 1)), ...anchors)
    const dialled = due(nobody, 0)
    expect(new Set(dialled.slice(0, 2))).toEqual(new Set(anchors))
    expect(dialled).toHaveLength(3)
  })

  it('dials nobody whom it is connected to, and nobody it may not', () => {
    const { learn, due } = setUp([addressIn(9, 9)], 5)
    learn(addressIn(1, 1), addressIn(2, 1), addressIn(3, 1))
    const view: DialView = {
      ...nobody,
      isConnected: (peer) => peer === 'peer1x1',
      mayDial: ({ peer }) => peer !== 'peer2x1' && peer !== 'peer9x9',
    }
    expect(due(view, 0)).toEqual([addressIn(3, 1)])
    expect(due({ ...view, mayDial: () => true }, 60_000)).toContain(addressIn(9, 9))
  })

  it('gives up an address that it only heard of, and never a configured one', () => {
    const { plan, learn } = setUp(['configured'], 5)
    learn(addressIn(1, 1))
    let now = 0
    const dialled = { configured: 0, heard: 0 }
    for (let round = 0; round < 200; round++) {
      const { dial, wakeAt } = plan.due(nobody, now, even)
      for (const { address } of dial) {
        dialled[address === 'configured' ? 'configured' : 'heard']++
        plan.failed(address, now, even)
      }
      now = Math.max(now, wakeAt ?? now)
    }
    expect(dialled.heard).toBeGreaterThan(3)
    expect(dialled.heard).toBeLessThan(12)
    expect(dialled.configured).toBeGreaterThan(80)
  })

  it('dials a host and port once at a time, and ever more slowly, whoever is said to be there', () => {
    const { plan, learn, due } = setUp([], 8)
    let dials = 0
    let now = 0
    for (let round = 0; round < 600; round++, now += 1000) {
      learn(...Array.from({ length: 64 }, (_, index) => `/ip4/60.1.0.1/tcp/26600/p2p/made${round}x${index}`))
      const dialled = due(nobody, now)
      expect(dialled.length).toBeLessThanOrEqual(1)
      expect(due(nobody, now)).toEqual([])
      for (const address of dialled) expect(plan.failed(address, now, even, true)).toBeUndefined()
      dials += dialled.length
    }
    expect(dials).toBeGreaterThan(3)
    expect(dials).toBeLessThan(13)
  })

  it('dials none beside a connection to the same port', () => {
    const { plan, learn, due } = setUp([], 8)
    learn(...Array.from({ length: 9 }, (_, index) => `/ip4/60.1.0.1/tcp/${26600 + (index % 2)}/p2p/made${index}`))
    const dialled = due(nobody, 0)
    expect(dialled).toHaveLength(2)
    for (const address of dialled) plan.connected(address, 'b', 0)
    expect(due({ ...nobody, outbound: Array(10).fill(placeOf('/ip4/60.1.0.1/tcp/1')) }, 1000)).toEqual([])
    expect(due(nobody, 1e9)).toEqual([])
  })

  it('drops at once what proved worthless, but for the configured', () => {
    const { plan, learn, due } = setUp(['configured'], 5)
    learn(addressIn(1, 1))
    expect(due(nobody, 0)).toHaveLength(2)
    expect(plan.failed(addressIn(1, 1), 0, even, true)).toBeUndefined()
    expect(plan.failed('configured', 0, even, true)).toBe(1)
    expect(due(nobody, 60_000)).toEqual(['configured'])
  })

  it('remembers where a node answered, with its peer id', () => {
    const { plan, book, learn, due } = setUp(['/ip4/60.2.0.1/tcp/26600'], 5)
    learn('/ip4/60.1.0.1/tcp/26600')
    for (const address of due(nobody, 0)) plan.connected(address, 'b', 0)
    expect(book.size).toEqual({ new: 0, tried: 2 })
    expect(book.get('/ip4/60.1.0.1/tcp/26600/p2p/b')?.succeededAt).toBe(0)
  })

  it('tries an address that was only heard of every two minutes once there are peers enough', () => {
    const { plan, learn } = setUp([], 1)
    learn(...Array.from({ length: 40 }, (_, index) => addressIn(index, 1)))
    const full: DialView = { ...nobody, outbound: [1, 2, 3].map((host) => placeOf(addressIn(200, host))) }
    let feelers = 0
    let now = 0
    while (now < 20 * feelerEveryMs) {
      const { dial, wakeAt } = plan.due(full, now, even)
      for (const { address, purpose } of dial) {
        expect(purpose).toBe('feeler')
        feelers++
        plan.connected(address, readDialTarget(address).peer!, now)
        plan.lost(readDialTarget(address).peer!, now, even)
      }
      now = wakeAt!
    }
    expect(feelers).toBeGreaterThan(17)
    expect(feelers).toBeLessThan(22)
  })

  it('never has more under way or connected than the target and its spares', () => {
    const step = fc.constantFrom('due', 'connect', 'fail', 'lose')
    const property = fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 120 }), (target, steps) => {
      const { plan, learn, due } = setUp([], target)
      learn(...Array.from({ length: 30 }, (_, index) => addressIn(index % 6, index)))
      const dialling: string[] = []
      const connected: string[] = []
      let now = 0
      for (const kind of steps) {
        now += 700
        const peers = new Set(connected.map((address) => readDialTarget(address).peer))
        const view: DialView = { ...nobody, outbound: connected.map(placeOf), isConnected: (peer) => peers.has(peer) }
        const [first] = kind === 'lose' ? connected : dialling
        if (kind === 'due') dialling.push(...due(view, now))
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
