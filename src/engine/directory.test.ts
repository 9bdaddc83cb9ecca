import { describe, expect, it } from 'vitest'
import { createNodeWorld, type NodeWorld, type NodeWorldOptions } from '../../test/engine/node-world.ts'
import { decode, encode } from '../codec/codec.ts'
import { taggedHash } from '../crypto/hash.ts'
import { type DhtAnswer, dhtAnswerSchema, dhtRequestSchema } from '../peers/kademlia/dht-message.ts'
import { signServiceRecord } from '../peers/kademlia/directory-record.ts'
import type { Network } from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { createSimulatedIdentity } from '../simulator/simulated-identity.ts'
import type { Ports } from './ports.ts'

const nodes = 12

function line(options: Partial<NodeWorldOptions> = {}): NodeWorld {
  return createNodeWorld({
    validators: 1,
    followers: nodes - 1,
    dials: (index) => (index === 0 ? [] : [index - 1]),
    directory: () => ({ mode: 'auto' }),
    consensus: { interval_ms: 600_000, empty_blocks: false },
    ...options,
  })
}

async function settled<T>(world: NodeWorld, work: Promise<T>): Promise<T> {
  let isOver = false
  work.finally(() => (isOver = true)).catch(() => undefined)
  await world.until(() => isOver, 60)
  return work
}

const directoryOf = ({ members }: NodeWorld, index: number) => members[index]!.node().directory!

/** Puts other answers to `dht` requests into a node's mouth. */
function lying(ports: Ports, lie: (answer: DhtAnswer, target: Bytes | undefined) => Bytes): Ports {
  const network: Network = {
    ...ports.network,
    start: (handlers) =>
      ports.network.start({
        ...handlers,
        async *onRequest(peer, protocol, message) {
          for await (const part of handlers.onRequest(peer, protocol, message)) {
            const asked = protocol === 'dht' ? decode(dhtRequestSchema, message) : undefined
            const answer = protocol === 'dht' ? decode(dhtAnswerSchema, part) : undefined
            const isFound = asked?.ok && answer?.ok && answer.value.type === 'found'
            yield isFound ? lie(answer.value, asked.value.type === 'find' ? asked.value.target : undefined) : part
          }
        },
      }),
  }
  return { ...ports, network }
}

describe('the directory', () => {
  it('keeps a signed service at other nodes, where everybody finds it, and a visit makes nobody a peer', async () => {
    const world = line()
    await world.start()
    await world.run(8)
    directoryOf(world, 3).provide('archive', true)
    await world.run(5)
    const found = await settled(world, directoryOf(world, 9).findService('archive'))
    expect(found).toMatchObject([{ type: 'service', service: 'archive', peer: 'node3' }])
    expect(
      world.members[9]!.node()
        .peers()
        .map(({ id }) => id)
        .sort((left, right) => (left < right ? -1 : 1)),
    ).toEqual(['node10', 'node8'])
  }, 60_000)

  it('keeps nothing that its author did not sign, or that has expired', async () => {
    const world = line()
    await world.start()
    await world.run(8)
    const { chainId } = world.world.chain
    const now = world.world.scheduler.now()
    const said = {
      service: 'archive',
      peer: 'node3',
      addresses: ['sim:3/node3'],
      sequence: 1,
      expiresAt: Math.floor(now) + 60_000,
    }
    const thief = createSimulatedIdentity('node4')
    const own = createSimulatedIdentity('node3')
    const publish = (record: ReturnType<typeof signServiceRecord>) => settled(world, directoryOf(world, 4).publish(record))
    expect(await publish(signServiceRecord(chainId, thief.sign, said))).toBe(0)
    expect(await publish(signServiceRecord(taggedHash('synod/other-chain'), own.sign, said))).toBe(0)
    expect(await publish(signServiceRecord(chainId, own.sign, { ...said, expiresAt: 1 }))).toBe(0)
    expect(await publish(signServiceRecord(chainId, own.sign, said))).toBeGreaterThan(3)
  }, 60_000)

  it('is crawled: who there is, what they run, and who does not answer any more', async () => {
    const world = line()
    await world.start()
    await world.run(8)
    world.members[7]!.machine.crash()
    const crawl = await settled(world, directoryOf(world, 0).crawl())
    expect(crawl.complete).toBe(true)
    expect(crawl.nodes).toHaveLength(nodes - 1)
    expect(crawl.nodes.filter(({ reachable }) => !reachable).map(({ peer }) => peer)).toEqual(['node7'])
    expect(crawl.nodes.find(({ peer }) => peer === 'node5')).toMatchObject({
      agent: 'synod-test',
      height: 0,
      told: expect.any(Number),
    })
  }, 60_000)

  it('is there again after a restart, before anybody has told the node anything', async () => {
    const world = line()
    await world.start()
    await world.run(90)
    const { machine } = world.members[nodes - 1]!
    const known = directoryOf(world, nodes - 1).size
    await settled(world, machine.running!.stop())
    const restarted = machine.start()
    await settled(world, restarted)
    expect(known).toBeGreaterThan(5)
    expect(directoryOf(world, nodes - 1).size).toBeGreaterThan(5)
  }, 120_000)
})

const liars: readonly [what: string, lie: (answer: DhtAnswer, target: Bytes | undefined) => Bytes][] = [
  ['bytes that are no answer', () => Uint8Array.of(0xc1)],
  ['an answer to another question', () => encode(dhtAnswerSchema, { type: 'pong' })],
  [
    'contacts in no order, and twice',
    (answer) =>
      encode(dhtAnswerSchema, {
        ...answer,
        ...(answer.type === 'found' && { peers: [...answer.peers, ...answer.peers].slice(0, 20) }),
      } as DhtAnswer),
  ],
  [
    'addresses that nobody can have',
    () =>
      encode(dhtAnswerSchema, { type: 'found', peers: [{ peer: 'nobody', addresses: ['/ip4/224.0.0.1/tcp/0'] }], records: [] }),
  ],
]

describe('a node that answers with nonsense', () => {
  it.each(liars)(
    '%s: loses its name with those who ask it, who find each other all the same',
    async (_, lie) => {
      const world = line({
        tamper: (index, ports) => (index === 5 ? lying(ports, lie) : ports),
        dials: (index) => (index === 0 ? [] : [0, index - 1]),
      })
      await world.start()
      await world.run(15)
      const judges = world.members.filter(({ counters }) =>
        [...counters.keys()].some((name) => /^synod_rejections_total code=(DHT_ANSWER_INVALID|CODEC_)/.test(name)),
      )
      expect(judges.length).toBeGreaterThan(0)
      const scores = world.members[0]!.node()
        .peers()
        .filter(({ id }) => id === 'node5')
      expect(scores.every(({ standing }) => standing.score < 0)).toBe(true)
      for (const [from, to] of [
        [1, 11],
        [8, 2],
        [4, 9],
      ] as const) {
        expect(await settled(world, directoryOf(world, from).findPeer(`node${to}`))).toEqual([
          world.world.internet.addressOf(`node${to}`),
        ])
      }
    },
    60_000,
  )
})
