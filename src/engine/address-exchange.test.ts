import { describe, expect, it } from 'vitest'
import { createNodeWorld, type NodeWorld } from '../../test/engine/node-world.ts'
import { decode, encode } from '../codec/codec.ts'
import { peerListMessageSchema, type ToldAddresses, toldAddressesMax } from '../peers/peer-list.ts'
import type { Network, PeerInfo } from '../ports/network.ts'
import { silence } from '../ports/telemetry.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { createScheduler, createSimulatedClock } from '../simulator/scheduler.ts'
import { createAddressExchange } from './address-exchange.ts'
import type { Ports } from './ports.ts'

/** A network in which everybody was told of the first node alone. */
function starAround(options: { nodes: number; tap?: (index: number, network: Network) => void; target?: number }): NodeWorld {
  return createNodeWorld({
    validators: 1,
    followers: options.nodes - 1,
    dials: (index) => (index === 0 ? [] : [0]),
    connections: { outboundTarget: options.target ?? 4 },
    tamper(index, ports) {
      options.tap?.(index, ports.network)
      return ports
    },
  })
}

const peersOf = ({ members }: NodeWorld, index: number) => members[index]!.node().peers()
const knows = ({ members }: NodeWorld, index: number, id: string) =>
  members[index]!.node()
    .knownAddresses()
    .some((address) => address.endsWith(`/p2p/${id}`))

describe('peer exchange', () => {
  it('leads a node that knows one other to four within five seconds, and everybody to it within thirty', async () => {
    const world = starAround({ nodes: 10 })
    const everybody = [...world.members.keys()]
    await world.start(...everybody.slice(0, -1))
    await world.run(20)
    const last = everybody.length - 1
    await world.start(last)
    await world.until(() => peersOf(world, last).length >= 4, 5)
    await world.until(() => everybody.slice(0, -1).every((index) => knows(world, index, `node${last}`)), 25)
  })

  it('finds them again without the first, from the book and the anchors, after a restart', async () => {
    const world = starAround({ nodes: 8 })
    await world.start()
    await world.until(() => peersOf(world, 7).length >= 4, 30)
    await world.run(30)
    const before = new Set(peersOf(world, 7).map(({ id }) => id))
    world.members[0]!.machine.crash()
    world.members[7]!.machine.crash()
    await world.start(7)
    await world.until(() => peersOf(world, 7).filter(({ id }) => before.has(id)).length >= 2, 5)
  })

  it.each<[string, (index: number) => object, string]>([
    ['tells without end', (round) => told(round, false), 'ADDRESS_FLOOD'],
    ['answers what nobody asked', (round) => told(round, true), 'ADDRESSES_UNASKED'],
    ['asks again and again', () => ({ type: 'ask' }), 'ADDRESSES_ASKED_AGAIN'],
  ])('a peer that %s fills a sixteenth of the book at most, and is sent away', async (_, message, code) => {
    let network: Network | undefined
    const tap = (index: number, own: Network) => {
      if (index === 2) network = own
    }
    const world = starAround({ nodes: 3, tap })
    await world.start()
    await world.until(() => peersOf(world, 0).length === 2, 5)
    for (let round = 0; round < 40; round++) {
      network!.send('node0', 'peers', encode(peerListMessageSchema, message(round) as never))
      await world.run(1)
    }
    const [target] = world.members
    expect(target!.counters.get(`synod_rejections_total code=${code}`)).toBeGreaterThan(0)
    expect(target!.node().status().addressBook.new).toBeLessThanOrEqual(257)
    expect(peersOf(world, 0).map(({ id }) => id)).toEqual(['node1'])
  })
})

describe('the pace of questions', () => {
  function setUp(direction: 'outbound' | 'inbound', outboundTarget: number) {
    const scheduler = createScheduler(0)
    const sent: object[] = []
    const rejected: string[] = []
    const peer = { id: 'peer', host: '8.8.8.8', direction } as PeerInfo
    const discovery = {
      learnOwn: () => [],
      learnSeen: () => [],
      sample: () => [{ address: '/ip4/8.8.4.4/tcp/26600/p2p/other', seenAgoMs: 0 }],
      size: () => ({ new: 1, tried: 0 }),
    }
    const network = {
      self: 'self',
      peers: () => [peer],
      send(_to: string, _channel: string, bytes: Bytes) {
        const message = decode(peerListMessageSchema, bytes)
        if (message.ok) sent.push(message.value)
        return true
      },
    }
    const exchange = createAddressExchange({
      ports: { clock: createSimulatedClock(scheduler, () => 0), network, telemetry: silence } as unknown as Ports,
      enabled: true,
      discovery,
      announced: () => [],
      negotiated: () => 2,
      onRejection: (_peer, { code }) => void rejected.push(code),
      outboundTarget,
    })
    exchange.start()
    return { exchange, peer, sent, rejected, pass: (seconds: number) => scheduler.run(scheduler.now() + seconds * 1000) }
  }

  it('a node that has few peers asks them again each minute, and one that has enough does not', async () => {
    const [few, enough] = [setUp('outbound', 8), setUp('outbound', 1)]
    for (const { exchange, peer, pass } of [few, enough]) {
      exchange.met(peer, [])
      await pass(300)
    }
    // Nobody has answered: whoever is asked already is not asked again.
    expect([few.sent.length, enough.sent.length]).toEqual([1, 1])
    few.exchange.onTold('peer', { answer: true, entries: [] } as unknown as ToldAddresses)
    await few.pass(10)
    expect(few.sent).toEqual([{ type: 'ask' }, { type: 'ask' }])
    few.exchange.onTold('peer', { answer: true, entries: [] } as unknown as ToldAddresses)
    await few.pass(60)
    expect(few.sent).toHaveLength(2)
    await few.pass(20)
    expect(few.sent).toHaveLength(3)
  })

  it('a node that is asked answers once a minute, on one connection and on the next', async () => {
    const { exchange, sent, rejected, pass } = setUp('inbound', 8)
    const entries = () => (sent.at(-1) as { entries: readonly object[] }).entries.length
    exchange.onAsk('peer')
    expect([sent.length, entries()]).toEqual([1, 1])
    await pass(59)
    exchange.onAsk('peer')
    expect([sent.length, rejected]).toEqual([1, ['ADDRESSES_ASKED_AGAIN']])
    exchange.forget('peer')
    exchange.onAsk('peer')
    expect([sent.length, entries(), rejected.length]).toEqual([2, 0, 1])
    await pass(61)
    exchange.onAsk('peer')
    expect([sent.length, entries(), rejected.length]).toEqual([3, 1, 1])
  })
})

function told(round: number, answer: boolean) {
  const entries = Array.from({ length: toldAddressesMax }, (_, index) => ({
    address: `/ip4/${60 + (index % 90)}.${round}.0.${1 + (index % 250)}/tcp/26600/p2p/made${round}x${index}`,
    seenAgoMinutes: 0,
  }))
  return { type: 'told', answer, entries }
}
