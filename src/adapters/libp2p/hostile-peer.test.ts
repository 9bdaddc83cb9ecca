import { randomBytes } from 'node:crypto'
import { connect as connectTcp } from 'node:net'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { quietHandlers } from '../../../test/network/quiet-handlers.ts'
import { channelBytesMax, type Network } from '../../ports/network.ts'
import { type Bytes, concatBytes } from '../../primitives/bytes.ts'
import { frameHeaderBytes, uint32, writeFrameHeader } from './frame.ts'
import { createLibp2pNetwork } from './libp2p-network.ts'
import { gossipMessagesBurst, gossipMessagesPerSecond } from './limits.ts'

/** A peer that speaks libp2p well and Synod badly. */
let attacker: Libp2p
let victim: Network
let misbehaviour: string[]
let disconnected: string[]
let received: number
let gossiped: number

beforeEach(async () => {
  misbehaviour = []
  disconnected = []
  received = 0
  gossiped = 0
  victim = await createLibp2pNetwork({
    privateKeySeed: new Uint8Array(32).fill(9),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    security: ['noise'],
    chainTag: 'victim',
    limits: { helloTimeoutMs: 200 },
  })
  await victim.start({
    ...quietHandlers,
    onHello: (_peer, hello) => (hello[0] === provesFirst ? { proofWithinMs: 300 } : { accept: true }),
    onProof: (_peer, proof) => (proof[0] === 1 ? { accept: true } : { accept: false, reason: 'no proof' }),
    onDisconnected: (_peer, reason) => void disconnected.push(reason),
    onMessage: () => {
      received += 1
    },
    onGossip() {
      gossiped += 1
      return 'accept'
    },
    async *onRequest(_peer, _protocol, message) {
      yield message
    },
    onMisbehaviour: (_peer, what) => void misbehaviour.push(what),
  })
  attacker = await createLibp2p({
    addresses: { listen: [] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    connectionGater: { denyDialMultiaddr: () => false },
  })
})

afterEach(async () => {
  await Promise.all([attacker.stop(), victim.stop()])
})

const dial = () => attacker.dial(multiaddr(victim.addresses()[0] as string))

function frame(kind: number, payload: Bytes, id?: number): Bytes {
  const fields = id === undefined ? { kind, payload } : { kind, payload, id }
  const bytes = new Uint8Array(frameHeaderBytes + 4 + payload.length)
  const start = writeFrameHeader(bytes, 0, fields)
  bytes.set(payload, start)
  return bytes.subarray(0, start + payload.length)
}

/** Only the header: of a frame that is never sent. */
const announced = (kind: number, length: number) => Uint8Array.of(kind, length >>> 16, (length >>> 8) & 0xff, length & 0xff)

const hello = frame(1, new Uint8Array(8))
const accept = frame(2, new Uint8Array(8))
/** The first byte of a hello whose sender is asked for a proof. */
const provesFirst = 7
const provingHello = frame(1, Uint8Array.of(provesFirst))
const proof = frame(9, Uint8Array.of(1))

async function greet(): Promise<{ connection: Connection; control: Stream }> {
  const connection = await dial()
  const control = await connection.newStream('/synod/hello/1')
  control.send(hello)
  control.send(accept)
  await eventually(() => victim.peers().length === 1)
  return { connection, control }
}

async function eventually(condition: () => boolean, patienceMs = 15_000): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (!condition()) {
    if (performance.now() > deadline) expect.fail(`it never happened: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

async function send(connection: Connection, protocol: string, ...parts: Bytes[]): Promise<void> {
  const stream = await connection.newStream(protocol)
  for (const part of parts) if (stream.status === 'open') stream.send(part)
}

/** The victim is as it was: it greets, and serves, whoever comes next. */
async function expectUnharmed(): Promise<void> {
  for (const connection of attacker.getConnections()) connection.abort(new Error('done'))
  await eventually(() => victim.peers().length === 0)
  const { connection } = await greet()
  const before = received
  await send(connection, '/synod/votes/1', frame(0, new Uint8Array(3)))
  await eventually(() => received === before + 1)
}

describe('before hello', () => {
  it('a silent peer is dropped in time, and is no peer', async () => {
    const connection = await dial()
    await eventually(() => connection.status !== 'open')
    expect(victim.peers()).toEqual([])
    await expectUnharmed()
  })

  it('half a hello is waited for no longer', async () => {
    const connection = await dial()
    await send(connection, '/synod/hello/1', hello.subarray(0, hello.length - 1))
    await eventually(() => connection.status !== 'open')
    await expectUnharmed()
  })

  it.each([
    ['random bytes', [Uint8Array.of(77), randomBytes(4096)]],
    ['a hello that is too long', [announced(1, (64 << 10) + 1)]],
    ['two hellos', [hello, hello]],
    ['features in the first version', [hello, frame(16, new Uint8Array(4))]],
    ['two verdicts', [accept, accept]],
    ['a verdict of a wrong length', [frame(2, new Uint8Array(7))]],
    ['a proof before any hello', [frame(9, new Uint8Array(8))]],
    ['a proof that nobody asked for', [hello, frame(9, new Uint8Array(8))]],
    ['a proof that is too long', [hello, announced(9, (16 << 10) + 1)]],
    ['an acknowledgement of nothing', [frame(7, uint32(1))]],
  ])('%s: the connection ends', async (_name, parts) => {
    const connection = await dial()
    await send(connection, '/synod/hello/1', ...parts)
    await eventually(() => misbehaviour.length === 1)
    await eventually(() => connection.status !== 'open')
    await expectUnharmed()
  })

  it.each([
    ['a second proof', [provingHello, proof, proof]],
    ['a proof before its hello', [proof, provingHello]],
    ['another hello instead of a proof', [provingHello, hello]],
    ['a stream of votes instead of a proof', [provingHello]],
  ])('where a proof is wanted, %s ends the connection', async (name, parts) => {
    const connection = await dial()
    await send(connection, '/synod/hello/1', ...parts)
    if (parts.length === 1) await send(connection, '/synod/votes/1', frame(0, new Uint8Array(3)))
    await eventually(() => misbehaviour.length === 1)
    await eventually(() => connection.status !== 'open')
    expect([name, received]).toEqual([name, 0])
    await expectUnharmed()
  })

  it.each([
    ['no proof at all', [provingHello, accept]],
    ['half a proof', [provingHello, proof.subarray(0, proof.length - 1)]],
    ['a wrong proof', [provingHello, frame(9, Uint8Array.of(2))]],
    ['a proof behind a wrong one', [provingHello, frame(9, Uint8Array.of(2)), proof, accept]],
  ])('where a proof is wanted, %s leads nowhere, and is told why', async (_name, parts) => {
    const connection = await dial()
    const control = await connection.newStream('/synod/hello/1')
    let heard = ''
    control.addEventListener('message', (event) => {
      heard += new TextDecoder().decode(event.data.subarray())
    })
    for (const part of parts) control.send(part)
    await eventually(() => connection.status !== 'open')
    expect(heard).toMatch(/no proof/)
    expect(victim.peers()).toEqual([])
    await expectUnharmed()
  })

  it.each(['/synod/votes/1', '/synod/blocks/1', '/synod/req/block/1'])('%s is not served', async (protocol) => {
    const connection = await dial()
    await send(connection, protocol, frame(0, new Uint8Array(3)))
    await eventually(() => connection.status !== 'open')
    expect([misbehaviour.length, received]).toEqual([1, 0])
    await expectUnharmed()
  })

  it('a stream that waits for a verdict that never comes ends with its connection', async () => {
    const connection = await dial()
    await send(connection, '/synod/hello/1', hello)
    await send(connection, '/synod/votes/1', frame(0, new Uint8Array(3))).catch(() => undefined)
    await eventually(() => connection.status !== 'open')
    expect(received).toBe(0)
    await expectUnharmed()
  })

  it('gossip is not served', async () => {
    const connection = await dial()
    const stream = await connection.newStream('/meshsub/1.1.0')
    await eventually(() => stream.status !== 'open')
    await expectUnharmed()
  })

  it('identify is answered once', async () => {
    const connection = await dial()
    const answered: number[] = []
    for (const asked of [0, 1]) {
      const stream = await connection.newStream('/ipfs/id/1.0.0')
      stream.addEventListener('message', () => answered.push(asked))
      await eventually(() => stream.readStatus === 'closed')
    }
    expect(new Set(answered)).toEqual(new Set([0]))
    await expectUnharmed()
  })

  it('garbage instead of a handshake changes nothing', async () => {
    const port = Number(/tcp\/(\d+)/.exec(victim.addresses()[0] as string)?.[1])
    for (let index = 0; index < 20; index++) {
      const socket = connectTcp(port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.end(randomBytes(1 + index * 100))
    }
    await expectUnharmed()
  })
})

describe('below the streams', () => {
  /** Writes yamux frames as they are. */
  function frames(connection: Connection, count: number, frameOf: (index: number) => number[]): void {
    const { muxer } = connection as unknown as { muxer: { maConn: Stream; handlePing(header: object): void } }
    // The library ends a connection for an answer it did not ask for, so it does not get to see these.
    muxer.handlePing = () => undefined
    try {
      for (let index = 0; index < count; index++) muxer.maConn.send(Uint8Array.from(frameOf(index)))
    } catch {
      // It ended meanwhile.
    }
  }
  const pingFrame = (index: number) => [0, 2, 0, 1, 0, 0, 0, 0, 0, 0, index >> 8, index & 255]
  const openFrame = (index: number) => [0, 1, 0, 1, 0, 0, (2 * index + 1) >> 8, (2 * index + 1) & 255, 0, 0, 0, 0]

  it.each([
    ['pings', pingFrame],
    ['streams', openFrame],
  ])('a flood of %s ends the connection, before hello and after it', async (_name, frameOf) => {
    // Where the machine is slow, the time for a hello may be over before the flood is.
    for (let attempt = 0; attempt < 20 && misbehaviour.length === 0; attempt++) {
      const early = await dial()
      await early.newStream('/synod/hello/1').catch(() => undefined)
      frames(early, 400, (index) => frameOf(index + 1_000))
      await eventually(() => early.status !== 'open')
      await eventually(() => victim.peers().length === 0)
    }
    await eventually(() => misbehaviour.length === 1)
    const { connection } = await greet()
    frames(connection, 400, (index) => frameOf(index + 1_000))
    await eventually(() => connection.status !== 'open')
    expect(misbehaviour).toEqual(['muxer flood', 'muxer flood'])
    expect(disconnected).toEqual(['broken rule: muxer flood'])
    await expectUnharmed()
  })

  it('a hundred pings are answered', async () => {
    const { connection } = await greet()
    const { muxer } = connection as unknown as { muxer: { maConn: Stream } }
    let bytes = 0
    muxer.maConn.addEventListener('message', (event) => {
      bytes += event.data.byteLength
    })
    frames(connection, 100, pingFrame)
    await eventually(() => bytes >= 1_200)
    expect([connection.status, misbehaviour]).toEqual(['open', []])
  })
})

describe('after hello', () => {
  it.each([
    ['/synod/votes/1', 'a vote that is too long', [announced(0, channelBytesMax.consensus + 1)]],
    ['/synod/votes/1', 'a batch among votes', [frame(2, new Uint8Array(1))]],
    ['/synod/votes/1', 'an unknown kind', [frame(200, new Uint8Array(1))]],
    ['/synod/batches/1', 'a batch that is too long', [announced(2, channelBytesMax.batches + 1)]],
    ['/synod/blocks/1', 'random bytes', [Uint8Array.of(9), randomBytes(100_000)]],
    ['/synod/blocks/1', 'a decompression bomb', [frame(3 | 0x40, Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 1, 2))]],
    ['/synod/blocks/1', 'a broken compressed block', [frame(3 | 0x40, Uint8Array.of(0, 0, 0x10, 0, ...randomBytes(200)))]],
    ['/synod/blocks/1', 'a dictionary that is not there', [frame(3 | 0x80, Uint8Array.of(0, 0, 0x10, 0, ...randomBytes(200)))]],
    ['/synod/votes/1', 'a compressed vote', [frame(0x40, new Uint8Array(200))]],
    ['/synod/req/block/1', 'a request without an id', [frame(1, new Uint8Array(3))]],
    ['/synod/req/block/1', 'a request that is too long', [announced(1, 4 + (64 << 10) + 1)]],
    ['/synod/req/block/1', 'an answer where requests are served', [frame(9, new Uint8Array(4))]],
    [
      '/synod/req/status/1',
      'a malformed report of consumption, of an answer that was given',
      [frame(1, new Uint8Array(64 << 10), 1), frame(3, new Uint8Array(2), 2)],
    ],
  ])('%s: %s ends the connection', async (protocol, _name, parts) => {
    const { connection } = await greet()
    await send(connection, protocol, ...parts)
    await eventually(() => misbehaviour.length === 1)
    expect(disconnected).toEqual([expect.stringContaining('broken rule')])
    await expectUnharmed()
  })

  it('a second stream of a class ends the connection', async () => {
    const { connection } = await greet()
    await send(connection, '/synod/votes/1', frame(0, new Uint8Array(1)))
    await send(connection, '/synod/votes/1', frame(0, new Uint8Array(1)))
    await eventually(() => misbehaviour.length === 1)
    await expectUnharmed()
  })

  it('a thousand streams of one connection are a few, and harm nobody', async () => {
    const { connection } = await greet()
    let opened = 0
    await Promise.all(
      Array.from({ length: 1_000 }, () =>
        connection.newStream('/meshsub/1.1.0').then(
          () => {
            opened += 1
          },
          () => undefined,
        ),
      ),
    )
    expect(opened).toBeLessThan(100)
    await expectUnharmed()
  })

  it('half a frame and silence holds up nothing else', async () => {
    const { connection } = await greet()
    await send(connection, '/synod/blocks/1', announced(3, channelBytesMax.blocks), new Uint8Array(10))
    await send(connection, '/synod/votes/1', frame(0, new Uint8Array(1)))
    await eventually(() => received === 1)
    expect(misbehaviour).toEqual([])
  })

  it('a frame that comes byte by byte is still a frame', async () => {
    const { connection } = await greet()
    const bytes = frame(0, randomBytes(50))
    await send(connection, '/synod/votes/1', ...Array.from(bytes, (_, index) => bytes.subarray(index, index + 1)))
    await eventually(() => received === 1)
  })

  it('answers to no request end the connection', async () => {
    await attacker.handle('/synod/req/block/1', (stream) => void stream.send(frame(1, new Uint8Array(9), 77)))
    await greet()
    const parts = victim.request(attacker.peerId.toString(), 'block', new Uint8Array(1), { timeoutMs: 5_000 })
    await expect(parts[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'REQUEST_FAILED' })
    expect(misbehaviour).toEqual(['an answer to no request'])
    await expectUnharmed()
  })

  it('an answer that does not wait for its consumer ends the connection', async () => {
    const part = frame(1, new Uint8Array(1 << 20), 1)
    await attacker.handle('/synod/req/block/1', (stream) => {
      for (let count = 0; count < 12; count++) stream.send(part)
    })
    await greet()
    // Once the answer is late, what still comes of it breaks no rule: it must be in time on a busy machine.
    const parts = victim.request(attacker.peerId.toString(), 'block', new Uint8Array(1), { timeoutMs: 30_000 })
    await parts[Symbol.asyncIterator]().next()
    await eventually(() => misbehaviour.length === 1)
    expect(misbehaviour).toEqual(['an answer further ahead of its consumer than allowed'])
    await expectUnharmed()
  })

  it('pings of libp2p are echoed, and a flood of them ends the connection', async () => {
    const { connection } = await greet()
    const stream = await connection.newStream('/ipfs/ping/1.0.0')
    let echoed = 0
    stream.addEventListener('message', (event) => {
      echoed += event.data.byteLength
    })
    stream.send(new Uint8Array(32))
    await eventually(() => echoed === 32)
    expect(misbehaviour).toEqual([])
    stream.send(new Uint8Array(16 << 10))
    await eventually(() => connection.status !== 'open')
    expect(misbehaviour).toEqual(['courtesy flood'])
    await expectUnharmed()
  })

  it('a request flood is refused beyond the limit, and answered below it', async () => {
    const { connection } = await greet()
    const stream = await connection.newStream('/synod/req/status/1')
    let answers = 0
    stream.addEventListener('message', (event) => {
      answers += event.data.byteLength
    })
    for (let id = 1; id <= 2_000; id++) stream.send(frame(1, new Uint8Array(1), id))
    await eventually(() => answers > 2_000 * 8)
    expect(misbehaviour).toEqual([])
  })

  it('a peer that never reads is dropped by its queue, not by memory', async () => {
    await attacker.handle('/synod/blocks/1', (stream) => stream.pause())
    await greet()
    const peer = attacker.peerId.toString()
    const message = new Uint8Array(channelBytesMax.blocks)
    let sent = 0
    for (let turn = 0; turn < 50; turn++) {
      while (victim.send(peer, 'blocks', message)) sent += 1
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    expect(sent).toBeLessThan(16)
    expect(victim.send(peer, 'consensus', new Uint8Array(1))).toBe(true)
  })
})

describe('gossip', () => {
  const field = (tag: number, bytes: Bytes) => concatBytes(Uint8Array.of(tag), varint(bytes.length), bytes)
  const varint = (value: number): Bytes =>
    value < 128 ? Uint8Array.of(value) : concatBytes(Uint8Array.of((value & 127) | 128), varint(value >>> 7))
  function envelope(channel: string, from: number, count: number): Bytes {
    const topic = new TextEncoder().encode(`/synod/victim/${channel}`)
    const messages = Array.from({ length: count }, (_, index) => {
      return field(0x12, concatBytes(field(0x12, uint32(from + index)), field(0x22, topic)))
    })
    const bytes = concatBytes(...messages)
    return concatBytes(varint(bytes.length), bytes)
  }
  async function gossip(connection: Connection, envelopes: Iterable<Bytes>): Promise<void> {
    const stream = await connection.newStream('/meshsub/1.1.0')
    for (const bytes of envelopes) {
      if (stream.status !== 'open') return
      await new Promise(setImmediate)
      if (!stream.send(bytes)) await new Promise((resolve) => stream.addEventListener('drain', resolve, { once: true }))
    }
  }

  // Every envelope beyond the budget holds the flood up for 250 ms, and it takes thirty: how many at a time is the machine's choice.
  it('beyond the budget is neither hashed nor remembered, and is a flood', { timeout: 120_000 }, async () => {
    const { connection } = await greet()
    const startedAt = performance.now()
    const isOver = () => misbehaviour.includes('gossip flood')
    function* flood(): Generator<Bytes> {
      for (let index = 0; !isOver(); index++) yield envelope('blocks', 128 * index, 128)
    }
    await gossip(connection, flood())
    await eventually(isOver, 90_000)
    const seconds = (performance.now() - startedAt) / 1_000
    expect(gossiped).toBeLessThan(gossipMessagesBurst + (seconds + 1) * gossipMessagesPerSecond)
  })

  it('of a channel that is not followed is nothing, and an envelope of too many messages neither', async () => {
    const { connection } = await greet()
    await gossip(connection, [envelope('consensus', 0, 10), envelope('blocks', 100, 129), envelope('blocks', 0, 10)])
    await eventually(() => gossiped === 10)
    expect(misbehaviour).toEqual([])
  })
})
