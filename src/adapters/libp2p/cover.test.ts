import { randomBytes } from 'node:crypto'
import type { Stream } from '@libp2p/interface'
import { AbstractMessageStream } from '@libp2p/utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Channel, NetworkHandlers } from '../../ports/network.ts'
import { type BarePeer, createBarePeer } from './bare-peer.ts'
import { createCompressor } from './compressor.ts'
import { type CoverSettings, createLinkCover, startCoverTraffic } from './cover.ts'
import { noFeatures } from './features.ts'
import { createFrameReader } from './frame.ts'
import { createFrameQueue } from './frame-queue.ts'
import { createFrameStream } from './frame-stream.ts'
import { createLibp2pNetwork } from './libp2p-network.ts'
import { createPaddingAllowance, paddingKind } from './padding.ts'
import { createPeerServices } from './peer-services.ts'
import { createStreamRoster } from './stream-roster.ts'
import { countAllAs, createTrafficMeter } from './traffic-meter.ts'

const off: CoverSettings = { padding: false, sendDelayMaxMs: 0, delaysConsensus: false, bytesPerSecond: 0 }
const sizes = Array.from({ length: 10 }, (_, index) => 256 << index)
const patience = { timeout: 10_000, interval: 2 }

const running: { stop(): Promise<void> }[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(running.splice(0).map((one) => one.stop()))
})

async function start(index: number, cover?: CoverSettings) {
  const messages: { channel: Channel; bytes: number }[] = []
  const faults: string[] = []
  const handlers: NetworkHandlers = {
    hello: () => new Uint8Array(10),
    onHello: () => ({ accept: true }),
    onConnected: () => undefined,
    onDisconnected: () => undefined,
    onMessage: (_peer, channel, message) => void messages.push({ channel, bytes: message.length }),
    onGossip: () => 'ignore',
    async *onRequest(_peer, _protocol, message) {
      yield randomBytes(message.length * 1_000)
    },
    onMisbehaviour: (_peer, what) => void faults.push(what),
  }
  const network = await createLibp2pNetwork({
    privateKeySeed: new Uint8Array(32).fill(index),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    security: ['tls'],
    chainTag: 'cover',
    gossipChannels: [],
    ...(cover && { cover }),
  })
  await network.start(handlers)
  running.push(network)
  return { network, messages, faults, address: network.addresses()[0] as string }
}

/** Writes of each of Synod's streams, from now on, by their length. */
function watchWrites(): Map<string, number[]> {
  const writes = new Map<string, number[]>()
  const send = AbstractMessageStream.prototype.send
  vi.spyOn(AbstractMessageStream.prototype, 'send').mockImplementation(function (this: AbstractMessageStream, data) {
    const { protocol } = this as unknown as Stream
    if (protocol?.startsWith('/synod/')) writes.set(protocol, [...(writes.get(protocol) ?? []), data.byteLength])
    return send.call(this, data)
  })
  return writes
}

/** Sends messages of many lengths on several channels, and asks for answers, in bursts and alone. */
async function talk(cover: CoverSettings) {
  const [alice, bob] = [await start(1, cover), await start(2, cover)]
  const peer = await alice.network.connect(bob.address)
  const writes = watchWrites()
  const lengths = [0, 1, 17, 100, 248, 249, 250, 251, 252, 300, 1_000, 4_093, 5_000, 40_000, 65_000]
  let sent = 0
  for (const channel of ['consensus', 'batches', 'blocks', 'peers', 'evidence'] as const) {
    for (const length of lengths) {
      expect(alice.network.send(peer, channel, randomBytes(length))).toBe(true)
      sent += 1
      if (length % 2 === 0) await vi.waitUntil(() => bob.messages.length === sent, patience)
    }
  }
  for (const length of [3, 64, 300]) {
    let answered = 0
    for await (const part of alice.network.request(peer, 'block', randomBytes(length), { timeoutMs: 10_000 }))
      answered += part.length
    expect(answered).toBe(length * 1_000)
  }
  await vi.waitUntil(() => bob.messages.length === sent, patience)
  expect(bob.messages.map(({ bytes }) => bytes).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 5 }, () => lengths)
      .flat()
      .toSorted((a, b) => a - b),
  )
  expect([...alice.faults, ...bob.faults]).toEqual([])
  return { alice, bob, peer, writes }
}

describe('padding', () => {
  it('gives every write one of a few sizes', async () => {
    const { alice, peer, writes } = await talk({ ...off, padding: true })
    expect(new Set(writes.keys())).toEqual(
      new Set(['/synod/batches/1', '/synod/blocks/1', '/synod/hello/2', '/synod/req/block/1', '/synod/votes/1']),
    )
    for (const [protocol, lengths] of writes)
      expect({ protocol, others: lengths.filter((length) => !sizes.includes(length)) }).toEqual({ protocol, others: [] })
    expect(alice.network.traffic(peer).classes.control.bytesOut).toBeGreaterThan(10_000)
  })

  it('is not there unless it is asked for', async () => {
    const { alice, peer, writes } = await talk(off)
    const histogram = new Set([...writes.values()].flat())
    expect([...histogram].filter((length) => !sizes.includes(length)).length).toBeGreaterThan(10)
    expect(alice.network.traffic(peer).classes.control.bytesOut).toBeLessThan(1_000)
  })
})

describe('delays', () => {
  const slow = { ...off, sendDelayMaxMs: 20 }

  it('are random, and those of what the operator wants delayed', () => {
    const knows = () => true
    expect(createLinkCover(off, knows)).toEqual({ control: {}, votes: {}, bulk: {} })
    expect(createLinkCover(slow, knows)).toMatchObject({ control: {}, votes: {}, bulk: { cover: {} } })
    expect(createLinkCover({ ...slow, delaysConsensus: true }, knows).votes.cover?.delayMs).toBeDefined()
    const delays = new Set(Array.from({ length: 1_000 }, () => createLinkCover(slow, knows).bulk.cover?.delayMs?.()))
    expect([...delays].toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 21 }, (_, ms) => ms))
  })

  it('are what a write waits for, which takes with it what was queued meanwhile', async () => {
    vi.useFakeTimers()
    try {
      const writes: number[] = []
      const send = (bytes: Uint8Array) => writes.push(bytes.length) > 0
      const stream = Object.assign(new EventTarget(), { status: 'open', writableNeedsDrain: false, send }) as unknown as Stream
      const queue = createFrameQueue({ bytes: 10_000, messages: 10 })
      const frames = createFrameStream(stream, {
        queues: [queue],
        bytesMaxOf: () => undefined,
        onFrame: () => undefined,
        onViolation: () => undefined,
        onClosed: () => undefined,
        counter: countAllAs(createTrafficMeter(), 'blocks'),
        cover: { isPadded: () => true, delayMs: () => 50 },
        paddingAllowance: createPaddingAllowance(() => 0),
      })
      for (const ms of [0, 30]) {
        await vi.advanceTimersByTimeAsync(ms)
        queue.push({ kind: 1, payload: new Uint8Array(200) })
        frames.flush()
        stream.dispatchEvent(new Event('drain'))
      }
      await vi.advanceTimersByTimeAsync(19)
      expect(writes).toEqual([])
      await vi.advanceTimersByTimeAsync(1)
      expect(writes).toEqual([512])
    } finally {
      vi.useRealTimers()
    }
  })

  it('lose nothing', async () => {
    await talk({ ...slow, sendDelayMaxMs: 5, delaysConsensus: true, padding: true })
  })
})

describe('cover', () => {
  it('is sent at its rate on an idle link, of the sizes of small messages, and heard by nobody', async () => {
    const rate = 100_000
    const writes = watchWrites()
    const [alice, bob] = [await start(1, { ...off, padding: true, bytesPerSecond: rate }), await start(2)]
    const peer = await alice.network.connect(bob.address)
    const startedAt = performance.now()
    const received = () => bob.network.traffic(alice.network.self).classes.control.bytesIn
    await vi.waitUntil(() => received() > 100_000, patience)
    const seconds = (performance.now() - startedAt) / 1_000
    expect(received() / seconds).toBeLessThan(2 * rate)
    const lengths = writes.get('/synod/batches/1') ?? []
    expect(new Set(lengths)).toEqual(new Set([256, 512, 1_024, 2_048]))
    expect(bob.messages).toEqual([])
    expect([bob.faults, alice.network.peers()[0]?.id]).toEqual([[], peer])
  })

  it('waits while there is something to say, and ends when it is told to', async () => {
    vi.useFakeTimers()
    try {
      let sentBytes = 0
      let covered = 0
      const end = startCoverTraffic({ bytesPerSecond: 10_000, sentBytes: () => sentBytes, send: (bytes) => (covered += bytes) })
      await vi.advanceTimersByTimeAsync(100_000)
      expect(Math.abs(covered / 1_000_000 - 1)).toBeLessThan(0.3)
      const idle = covered
      sentBytes += 100_000
      const talking = setInterval(() => (sentBytes += 100_000), 1)
      await vi.advanceTimersByTimeAsync(10_000)
      expect(covered).toBe(idle)
      clearInterval(talking)
      await vi.advanceTimersByTimeAsync(10_000)
      expect(covered).toBeGreaterThan(idle)
      end()
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('begins with a peer that knows padding, and ends with it', () => {
    vi.useFakeTimers()
    try {
      for (const padding of [false, true]) {
        const services = createPeerServices({
          peer: 'bob',
          handlers: {} as NetworkHandlers,
          compressor: createCompressor(undefined),
          upload: { bulk: [], answers: [] },
          roster: createStreamRoster({ streamsMax: 1, holdMs: 0 }),
          requestStreamsPerMinute: 60,
          cover: { ...off, bytesPerSecond: 1_000 },
          acknowledge: () => undefined,
          open: () => new Promise(() => undefined),
          onViolation: () => undefined,
          onLost: () => undefined,
        })
        services.onControl.onFeatures({ ...noFeatures, padding })
        services.begin()
        expect(vi.getTimerCount()).toBe(padding ? 1 : 0)
        services.close('enough')
        expect(vi.getTimerCount()).toBe(0)
      }
    } finally {
      vi.useRealTimers()
    }
  })
})

const frame = (kind: number, payload: Uint8Array) => Buffer.concat([Uint8Array.of(kind, 0, 0, payload.length), payload])
const greeting = Buffer.concat([frame(1, new Uint8Array(0)), frame(2, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1))])

/** A peer that greets on a version of the control stream, and tells what it is sent on it and on the stream of batches. */
async function greet(address: string, protocol: string, first: Uint8Array) {
  const kinds: number[] = []
  const reader = createFrameReader(() => 1 << 20)
  const bare: BarePeer = await createBarePeer({
    privateKeySeed: new Uint8Array(32).fill(9),
    onBytes(from, bytes) {
      if (from !== '/synod/batches/1') return
      reader.push(bytes)
      for (let next = reader.next(); next !== undefined; next = reader.next()) kinds.push(next.kind)
    },
  })
  running.push(bare)
  const connection = await bare.dial(address, 5_000)
  const control = await connection.open(protocol, 5_000)
  const said: Buffer[] = []
  control.onBytes((bytes) => said.push(Buffer.from(bytes)))
  control.write(Buffer.concat([first, greeting]))
  return { bare, connection, control, kinds, said }
}

describe('a peer that does not know padding', () => {
  it.each([
    ['/synod/hello/1', new Uint8Array(0)],
    ['/synod/hello/2', frame(16, Uint8Array.of(0, 0, 0, 3))],
  ])('is sent none, on %s', async (protocol, first) => {
    const alice = await start(1, { ...off, padding: true, bytesPerSecond: 262_144 })
    const { bare, kinds, said } = await greet(alice.address, protocol, first)
    await vi.waitUntil(() => alice.network.peers().length === 1, patience)
    const until = performance.now() + 200
    let sent = 0
    while (performance.now() < until) {
      alice.network.send(bare.id, 'batches', randomBytes(10))
      sent += 1
      await vi.waitUntil(() => kinds.length === sent, patience)
    }
    expect(new Set(kinds)).toEqual(new Set([2]))
    const control = createFrameReader((kind) => (kind === paddingKind ? undefined : 1 << 20))
    for (const bytes of said) control.push(bytes)
    while (control.next() !== undefined);
    expect(control.violation).toBeUndefined()
  })
})

describe('padding that breaks the rules', () => {
  it.each([
    ['before features', '/synod/hello/2', frame(paddingKind, new Uint8Array(8))],
    ['without features', '/synod/hello/1', frame(paddingKind, new Uint8Array(8))],
  ])('%s ends the connection', async (_name, protocol, first) => {
    const alice = await start(1)
    const { connection } = await greet(alice.address, protocol, first)
    await connection.closed
    expect(alice.faults).toEqual(['frame of unknown kind 63'])
  })

  it('by its amount ends the connection', async () => {
    const alice = await start(1)
    const { connection } = await greet(alice.address, '/synod/hello/2', frame(16, Uint8Array.of(0, 0, 0, 4)))
    await vi.waitUntil(() => alice.network.peers().length === 1, patience)
    const votes = await connection.open('/synod/votes/1', 5_000)
    const padding = new Uint8Array(100_004)
    padding.set([paddingKind, 1, 0x86, 0xa0])
    await vi.waitUntil(() => {
      for (let turn = 0; turn < 4 && votes.queuedBytes < 2_000_000; turn++) votes.write(padding)
      return !connection.isOpen
    }, patience)
    expect(alice.faults).toEqual(['more padding than is allowed'])
    expect(alice.messages).toEqual([])
  })
})
