import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { quietHandlers } from '../../../test/network/quiet-handlers.ts'
import { type NetworkWorld, networkContract } from '../../ports/network.contract.ts'
import { channelBytesMax, channels, type NetworkHandlers } from '../../ports/network.ts'
import { createLibp2pNetwork, type Libp2pNetworkOptions } from './libp2p-network.ts'

function world(options: Partial<Libp2pNetworkOptions>): NetworkWorld {
  return {
    make: (index) =>
      createLibp2pNetwork({
        privateKeySeed: new Uint8Array(32).fill(index),
        listen: ['/ip4/127.0.0.1/tcp/0'],
        security: ['tls', 'noise'],
        chainTag: 'contract',
        gossipChannels: channels,
        ...options,
      }),
    deadAddress: '/ip4/127.0.0.1/tcp/1',
    turn: () => new Promise((resolve) => setTimeout(resolve, 1)),
  }
}

networkContract('libp2p over TLS', world({ security: ['tls'], requireHybrid: true }))
networkContract('libp2p over Noise', world({ security: ['noise'] }))
networkContract('libp2p over IPv6', world({ listen: ['/ip6/::1/tcp/0'] }))
networkContract(
  'libp2p with cover',
  world({ cover: { padding: true, sendDelayMaxMs: 3, delaysConsensus: true, bytesPerSecond: 50_000 } }),
)
networkContract('libp2p in memory', {
  ...world({}),
  make: (index) => world({ listen: [`/memory/node-${index}`] }).make(index),
  deadAddress: '/memory/nobody',
})

describe('priority', () => {
  it('lets a vote overtake the blocks that wait', async () => {
    const arrived: string[] = []
    const bob = await world({}).make(2)
    await bob.start({ ...quietHandlers, onMessage: (_peer, channel) => void arrived.push(channel) })
    const alice = await world({}).make(1)
    await alice.start(quietHandlers)
    try {
      const peer = await alice.connect(bob.addresses()[0] as string)
      alice.send(peer, 'consensus', new Uint8Array(100)) // Opens the stream of votes.
      await vi.waitUntil(() => arrived.length === 1, { timeout: 10_000, interval: 1 })
      const block = new Uint8Array(channelBytesMax.blocks)
      let blocks = 0
      while (alice.send(peer, 'blocks', block)) blocks += 1
      alice.send(peer, 'consensus', new Uint8Array(100))
      await vi.waitUntil(() => arrived.length === blocks + 2, { timeout: 10_000, interval: 1 })
      expect(arrived.slice(0, 3)).toEqual(['consensus', 'consensus', 'blocks'])
    } finally {
      await Promise.all([alice.stop(), bob.stop()])
    }
  })
})

describe('what a node offers', () => {
  const running: { stop(): Promise<void> }[] = []
  afterEach(async () => {
    await Promise.all(running.splice(0).map((network) => network.stop()))
  })

  async function start(index: number, options: Partial<Libp2pNetworkOptions>) {
    const network = await world(options).make(index)
    await network.start(quietHandlers)
    running.push(network)
    return network
  }

  it.each([
    [['tls', 'noise'], ['tls', 'noise'], 'tls1.3 X25519MLKEM768'],
    [['noise', 'tls'], ['tls', 'noise'], 'noise-xx X25519 ChaChaPoly'],
    [['tls', 'noise'], ['noise'], 'noise-xx X25519 ChaChaPoly'],
  ] as const)('is the dialler’s order, %j to %j, visible on both ends', async (dialler, listener, protection) => {
    const bob = await start(2, { security: listener })
    const alice = await start(1, { security: dialler })
    await alice.connect(bob.addresses()[0] as string)
    await vi.waitUntil(() => bob.peers().length === 1, { timeout: 10_000, interval: 1 })
    expect([alice.peers()[0]?.protection, bob.peers()[0]?.protection]).toEqual([protection, protection])
  })

  it('is nothing but the hybrid group where that is required', async () => {
    const strict = await start(1, { security: ['noise', 'tls'], requireHybrid: true })
    const noisy = await start(2, { security: ['noise'] })
    await expect(noisy.connect(strict.addresses()[0] as string)).rejects.toMatchObject({ code: 'DIAL_FAILED' })
    await expect(strict.connect(noisy.addresses()[0] as string)).rejects.toMatchObject({ code: 'DIAL_FAILED' })
    await expect(start(3, { security: ['noise'], requireHybrid: true })).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
  })

  it('cannot be listened to twice', async () => {
    const first = await start(1, {})
    const listen = [(first.addresses()[0] as string).replace(/\/p2p\/.*/, '')]
    await expect(start(2, { listen })).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
  })
})

describe('compression', () => {
  it.each([
    [true, true, 'batches'],
    [true, true, 'blocks'],
    [true, false, 'batches'],
    [false, false, 'peers'],
  ] as const)('makes what repeats shorter, dictionaries %s and %s, on %s', async (left, right, channel) => {
    const received: Uint8Array[] = []
    const dictionaries = { batches: randomBytes(500), blocks: randomBytes(900) }
    const bob = await world({ ...(right && { dictionaries }) }).make(2)
    await bob.start({
      ...quietHandlers,
      onMessage: (_peer, _channel, message) => void received.push(message),
      async *onRequest() {
        yield repeated
        yield random
      },
    })
    const alice = await world({ ...(left && { dictionaries }) }).make(1)
    await alice.start(quietHandlers)
    const random = randomBytes(50_000)
    const repeated = Buffer.from('a transaction much like the next one '.repeat(1_000) + random.toString('hex', 0, 2_000))
    try {
      const peer = await alice.connect(bob.addresses()[0] as string)
      for (const message of [repeated, random, repeated]) alice.send(peer, channel, message)
      await vi.waitUntil(() => received.length === 3, { timeout: 10_000, interval: 1 })
      expect(received.map((message) => Buffer.compare(message, received.indexOf(message) === 1 ? random : repeated))).toEqual([
        0, 0, 0,
      ])
      const parts: Uint8Array[] = []
      for await (const part of alice.request(peer, 'batch', new Uint8Array(1), { timeoutMs: 10_000 })) parts.push(part)
      expect([Buffer.compare(parts[0] as Uint8Array, repeated), Buffer.compare(parts[1] as Uint8Array, random)]).toEqual([0, 0])
      const { wire, classes } = alice.traffic(peer)
      expect(classes[channel].bytesOut).toBe(2 * repeated.length + random.length)
      expect(bob.traffic(alice.self).classes[channel].bytesIn).toBe(2 * repeated.length + random.length)
      expect(classes.requests.bytesIn).toBeGreaterThan(repeated.length + random.length)
      expect(wire.bytesOut).toBeLessThan(random.length + repeated.length)
      expect(wire.bytesIn).toBeLessThan(random.length + repeated.length)
    } finally {
      await Promise.all([alice.stop(), bob.stop()])
    }
  })
})

it.each([
  [true, false],
  [false, true],
])('who does not compress neither sends nor is sent what is compressed: %s and %s', async (left, right) => {
  const received: Uint8Array[] = []
  const onMessage: NetworkHandlers['onMessage'] = (_peer, _channel, message) => void received.push(message)
  const bob = await world({ compresses: right }).make(2)
  await bob.start({ ...quietHandlers, onMessage })
  const alice = await world({ compresses: left }).make(1)
  await alice.start({ ...quietHandlers, onMessage })
  const repeated = Buffer.from('a transaction much like the next one '.repeat(1_000))
  try {
    const peer = await alice.connect(bob.addresses()[0] as string)
    await vi.waitUntil(() => bob.peers().length === 1, { timeout: 10_000, interval: 1 })
    alice.send(peer, 'batches', repeated)
    bob.send(alice.self, 'batches', repeated)
    await vi.waitUntil(() => received.length === 2, { timeout: 10_000, interval: 1 })
    const { wire } = alice.traffic(peer)
    expect(Math.min(wire.bytesOut, wire.bytesIn)).toBeGreaterThan(repeated.length)
  } finally {
    await Promise.all([alice.stop(), bob.stop()])
  }
})

describe('the bytes of the sockets', () => {
  it.each(['tls', 'noise'] as const)('are counted over %s, and outlive the connection', async (security) => {
    const arrived: number[] = []
    const bob = await world({ security: [security] }).make(2)
    await bob.start({ ...quietHandlers, onMessage: () => void arrived.push(1) })
    const alice = await world({ security: [security] }).make(1)
    await alice.start(quietHandlers)
    try {
      const peer = await alice.connect(bob.addresses()[0] as string)
      for (let index = 0; index < 5; index++) alice.send(peer, 'batches', new Uint8Array(100_000))
      await vi.waitUntil(() => arrived.length === 5, { timeout: 10_000, interval: 1 })
      const { wire } = alice.traffic(peer)
      expect(wire.bytesOut).toBeGreaterThan(500_000)
      expect(wire.bytesOut).toBeLessThan(550_000)
      await alice.stop()
      await vi.waitUntil(() => bob.peers().length === 0, { timeout: 10_000, interval: 1 })
      for (const bytes of [alice.traffic().wire.bytesOut, bob.traffic().wire.bytesIn]) expect(bytes).toBeGreaterThan(500_000)
    } finally {
      await Promise.all([alice.stop(), bob.stop()])
    }
  })
})
