import { describe, expect, it } from 'vitest'
import { type ConnectionLimits, defaultConnectionLimits } from '../peers/connection-limits.ts'
import type { Network, PeerInfo } from '../ports/network.ts'
import { silence } from '../ports/telemetry.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { createRandom, createSimulatedEntropy } from '../simulator/random.ts'
import { createScheduler, createSimulatedClock } from '../simulator/scheduler.ts'
import { createConnectionKeeper } from './connection-keeper.ts'
import { createDiscovery } from './discovery.ts'
import { openAddressBook } from './kept-address-book.ts'
import type { PeerRegister } from './peer-register.ts'
import type { Ports } from './ports.ts'
import { openReputation } from './reputation.ts'

/** A network where addresses lead to peers, or to nobody. */
async function setUp(
  addresses: readonly string[],
  peerAt: (address: string) => string | undefined,
  limits: Partial<ConnectionLimits> = {},
) {
  const scheduler = createScheduler(0)
  const connected = new Set<string>()
  const dialled: string[] = []
  const refused = new Set<string>()
  const network = {
    self: 'self',
    addresses: () => ['sim:0/self'],
    peers: () => [...connected].map((id) => ({ id, host: id, direction: 'outbound' }) as PeerInfo),
    async connect(address: string) {
      dialled.push(address)
      const peer = peerAt(address)
      if (peer === undefined) throw new Error('nobody answers')
      connected.add(peer)
      return peer
    },
  } as unknown as Network
  const clock = createSimulatedClock(scheduler, () => 0)
  const disk = { readSmall: async () => undefined, writeSmall: async () => undefined }
  const entropy = createSimulatedEntropy(createRandom(1n))
  const ports = { clock, disk, network, entropy, telemetry: silence } as unknown as Ports
  const reputation = await openReputation(ports, { allow: [], deny: [] })
  const addressBook = await openAddressBook(ports)
  const keeper = createConnectionKeeper({
    ports,
    reputation,
    addressBook,
    judge: { isWelcome: (peer) => !refused.has(peer) },
    peers: addresses,
    limits: { ...defaultConnectionLimits, outboundTarget: 0, ...limits },
  })
  const discovery = createDiscovery({ ports, addressBook, keeper, register: {} as PeerRegister })
  const learn = (addresses: readonly string[], host: string) => discovery.learn(addresses, { kind: 'peer', host })
  const lose = (peer: string) => {
    connected.delete(peer)
    keeper.lost(peer)
  }
  return {
    keeper,
    learn,
    dialled,
    connected,
    refused,
    reputation,
    lose,
    run: (ms: number) => scheduler.run(scheduler.now() + ms),
  }
}

const peerIn = (address: string) => address.split('/')[1]
const addressesOf = (...names: string[]) => names.map((name, index) => `sim:${index + 1}/${name}`)

describe('configured peers', () => {
  it('are dialled again, ever more slowly, until the node stops', async () => {
    const { keeper, dialled, run } = await setUp(['x'], () => undefined)
    keeper.start()
    await run(60_000)
    const first = dialled.length
    expect(first).toBeGreaterThan(7)
    expect(first).toBeLessThan(14)
    await run(60_000)
    expect(dialled.length - first).toBeLessThan(5)
    keeper.stop()
    const last = dialled.length
    await run(120_000)
    expect(dialled).toHaveLength(last)
  })

  it('are dialled at every address when they are lost, and nobody else is', async () => {
    const { keeper, dialled, lose, run } = await setUp(['a1', 'a2', 'b'], (address) => address[0])
    keeper.start()
    await run(0)
    lose('a')
    keeper.lost('a')
    keeper.lost('a stranger')
    await run(1000)
    expect(dialled).toEqual(['a1', 'a2', 'b', 'a1', 'a2'])
  })

  it('are dialled again when the connection had ended before anybody was told of it', async () => {
    const { keeper, dialled, connected, run } = await setUp(['a'], () => 'a')
    connected.add = function (peer) {
      if (dialled.length > 1) Set.prototype.add.call(this, peer)
      return this
    }
    keeper.start()
    await run(1000)
    expect(dialled).toEqual(['a', 'a'])
  })

  it('are back within a quarter of a second after a first loss', async () => {
    const { keeper, connected, lose, run } = await setUp(['a'], () => 'a')
    keeper.start()
    await run(0)
    lose('a')
    await run(250)
    expect(connected.has('a')).toBe(true)
  })
})

describe('peers that were heard of', () => {
  const names = Array.from({ length: 20 }, (_, index) => `peer${index}`)

  it('are dialled until the target and the spares are reached, and no further', async () => {
    const { keeper, learn, connected, run } = await setUp([], peerIn, { outboundTarget: 3 })
    keeper.start()
    learn(addressesOf(...names), 'teller')
    await run(5000)
    expect(connected.size).toBe(5)
  })

  it('replace whoever is lost', async () => {
    const { keeper, learn, connected, lose, run } = await setUp([], peerIn, { outboundTarget: 3 })
    keeper.start()
    learn(addressesOf(...names), 'teller')
    await run(5000)
    for (const peer of connected) lose(peer)
    await run(1000)
    expect(connected.size).toBe(5)
  })

  it('are left alone when only configured peers are wanted', async () => {
    const { keeper, learn, dialled, run } = await setUp([], peerIn, { outboundTarget: 0 })
    keeper.start()
    learn(addressesOf(...names), 'teller')
    await run(5000)
    expect(dialled).toEqual([])
  })

  it('are never this node itself, nor anybody banned or denied', async () => {
    const { keeper, learn, dialled, refused, reputation, run } = await setUp([], peerIn, { outboundTarget: 8 })
    refused.add('banned')
    reputation.access.set({ kind: 'peer', text: 'denied' }, { verdict: 'deny', until: Number.POSITIVE_INFINITY, by: 'operator' })
    keeper.start()
    learn(['sim:0/self', 'sim:1/banned', 'sim:2/denied', 'sim:3/welcome'], 'teller')
    await run(120_000)
    expect(dialled).toEqual(['sim:3/welcome'])
  })
})

describe('addresses that were heard of', () => {
  const told = '/ip4/60.1.0.1/tcp/2601/p2p/b'

  async function dialsAfter(failure: Error, work: boolean): Promise<number> {
    const { keeper, learn, dialled, run } = await setUp(
      [],
      () => {
        if (work) keeper.worked('b')
        throw failure
      },
      { outboundTarget: 4 },
    )
    keeper.start()
    learn([told], '60.2.0.1')
    await run(60_000)
    keeper.stop()
    return dialled.length
  }

  it('are dialled again when nobody answers', async () => {
    expect(await dialsAfter(new Error('nobody answers'), false)).toBeGreaterThan(2)
  })

  it('are dropped where another peer answers', async () => {
    const cause = { anotherPeer: true }
    expect(await dialsAfter(new OperationalError('DIAL_FAILED', 'another', { cause }), false)).toBe(1)
  })

  it('are dropped where this node worked and was not let in', async () => {
    expect(await dialsAfter(new Error('refused'), true)).toBe(1)
  })
})
