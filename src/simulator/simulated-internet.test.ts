import { describe, expect, it } from 'vitest'
import { quietHandlers } from '../../test/network/quiet-handlers.ts'
import { type NetworkWorld, networkContract } from '../ports/network.contract.ts'
import type { InboundVerdict, NetworkHandlers } from '../ports/network.ts'
import { createRandom } from './random.ts'
import { createScheduler } from './scheduler.ts'
import { createSimulatedInternet } from './simulated-internet.ts'
import { createWeatherStation } from './weather.ts'

/** One internet for all tests of the suite: they stop their networks, and take the same places again. */
function world(): NetworkWorld {
  const scheduler = createScheduler(1_800_000_000_000)
  const station = createWeatherStation(createRandom(1n))
  const internet = createSimulatedInternet({ scheduler, weather: station.weather, reachable: station.reachable })
  return {
    make: async (index) => internet.join(`node${index}`),
    deadAddress: internet.addressOf('nobody-there'),
    turn: async () => void (await scheduler.run(scheduler.now() + 1)),
  }
}

networkContract('the simulated internet', world())

const quiet: NetworkHandlers = {
  ...quietHandlers,
  onGossip: () => 'accept',
  async *onRequest(_peer, _protocol, message) {
    yield message
  },
}

describe('the simulated internet', () => {
  async function setUp(bobs: Partial<NetworkHandlers>) {
    const scheduler = createScheduler(1_800_000_000_000)
    const internet = createSimulatedInternet({ scheduler, weather: () => 5, reachable: () => true })
    const [alice, bob] = [internet.join('alice'), internet.join('bob')]
    await alice.start(quiet)
    await bob.start({ ...quiet, ...bobs })
    const pass = (ms: number) => scheduler.run(scheduler.now() + ms)
    const dial = async () => {
      const dialled = alice.connect(internet.addressOf('bob')).catch(() => undefined)
      await pass(100)
      return dialled
    }
    return { alice, bob, pass, dial, internet }
  }

  it('asks before it lets a connection in, and tells when one that was let in is over', async () => {
    const told: string[] = []
    let verdict: InboundVerdict = 'refuse'
    const { alice, pass, dial } = await setUp({
      onInbound({ id, host }) {
        told.push(`${typeof id} from ${host}: ${verdict}`)
        return verdict
      },
      onInboundEnded: ({ host }) => void told.push(`${host} ended`),
    })
    expect(await dial()).toBeUndefined()
    verdict = 'admit'
    expect(await dial()).toBe('bob')
    alice.disconnect('bob', 'enough')
    await pass(100)
    const [from] = told[0]?.match(/\d+\.\d+\.\d+\.\d+/) ?? []
    expect(told).toEqual([`number from ${from}: refuse`, `number from ${from}: admit`, `${from} ended`])
  })

  it('tells of the end of a connection whose hello was refused', async () => {
    const ended: string[] = []
    const { dial } = await setUp({
      onHello: () => ({ accept: false, reason: 'no' }),
      onInboundEnded: ({ host }) => void ended.push(host),
    })
    await dial()
    expect(ended).toHaveLength(1)
  })

  it('gives every node a host of its own', async () => {
    const { alice, bob, dial } = await setUp({})
    await dial()
    const hosts = [alice.peers()[0]?.host, bob.peers()[0]?.host]
    expect(new Set(hosts).size).toBe(2)
    for (const host of hosts) expect(host).toMatch(/^\d+(\.\d+){3}$/)
  })

  it('lets what a paused peer sends wait, in its order, in the sender’s own bounded queue', async () => {
    const heard: number[] = []
    const { alice, bob, pass, dial } = await setUp({
      onMessage: (_peer, _channel, message) => void heard.push(message[0] as number),
    })
    await dial()
    bob.pause('alice', 1_000)
    for (let index = 0; index < 5; index++) {
      alice.send('bob', 'consensus', Uint8Array.of(index))
      await pass(10)
    }
    expect(heard).toEqual([])
    const block = new Uint8Array(1 << 20)
    while (alice.send('bob', 'blocks', block));
    await pass(500)
    expect(alice.send('bob', 'blocks', block)).toBe(false)
    await pass(500)
    expect(heard.slice(0, 5)).toEqual([0, 1, 2, 3, 4])
    expect(alice.send('bob', 'blocks', block)).toBe(true)
    bob.pause('alice', 1_000)
    alice.send('bob', 'consensus', Uint8Array.of(9))
    await pass(10)
    bob.pause('alice', 0)
    expect(heard.at(-1)).toBe(9)
  })

  it('drops the gossip of a paused peer beyond what may wait', async () => {
    let heard = 0
    const { alice, bob, pass, dial } = await setUp({
      onGossip() {
        heard++
        return 'accept'
      },
    })
    await dial()
    bob.pause('alice', 1_000)
    for (let index = 0; index < 10; index++) alice.broadcast('blocks', new Uint8Array(1 << 20).fill(index))
    await pass(900)
    expect(heard).toBe(0)
    await pass(900)
    expect(heard).toBe(2)
  })

  it('counts what crosses, by class, with a peer and with all', async () => {
    const { alice, bob, pass, dial } = await setUp({})
    await dial()
    alice.send('bob', 'consensus', new Uint8Array(7))
    alice.broadcast('evidence', new Uint8Array(5))
    await pass(100)
    expect(alice.traffic('bob').classes.consensus).toEqual({ bytesIn: 0, bytesOut: 7 })
    expect(bob.traffic('alice').classes.consensus).toEqual({ bytesIn: 7, bytesOut: 0 })
    expect(bob.traffic().classes.gossip.bytesIn).toBe(5)
    expect(alice.traffic().wire.bytesOut).toBeGreaterThanOrEqual(12)
    expect(alice.traffic('nobody').wire).toEqual({ bytesIn: 0, bytesOut: 0 })
  })
})
