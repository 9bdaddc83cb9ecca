import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Network, type NetworkHandlers, requestProtocols } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { frameHeaderBytes, writeFrameHeader } from './frame.ts'
import { createLibp2pNetwork } from './libp2p-network.ts'
import { type Libp2pLimits, requestStreamsBurst } from './limits.ts'
import { requestProtocolName } from './request-kinds.ts'

const running: { stop(): unknown }[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((network) => network.stop()))
})

interface Node {
  readonly network: Network
  readonly ended: string[]
  readonly misbehaviour: string[]
}

/** As many streams as the test says, and none is held any longer than it must. */
const hasty = { requestStreamHoldMs: 0, requestStreamsPerMinute: 1_000_000 }

async function start(index: number, limits: Partial<Libp2pLimits>, behaviour: Partial<NetworkHandlers> = {}): Promise<Node> {
  const network = await createLibp2pNetwork({
    privateKeySeed: new Uint8Array(32).fill(index),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    security: ['noise'],
    chainTag: 'streams',
    limits,
  })
  const node: Node = { network, ended: [], misbehaviour: [] }
  await network.start({
    hello: () => new Uint8Array(8),
    onHello: () => ({ accept: true }),
    onConnected: () => undefined,
    onDisconnected: (_peer, reason) => void node.ended.push(reason),
    onMessage: () => undefined,
    onGossip: () => 'ignore',
    async *onRequest(_peer, protocol, message) {
      yield new TextEncoder().encode(protocol)
      yield message
    },
    onMisbehaviour: (_peer, what) => void node.misbehaviour.push(what),
    ...behaviour,
  })
  running.push(network)
  return node
}

async function answerOf(parts: AsyncIterable<Bytes>): Promise<string> {
  let text = ''
  for await (const part of parts) text += new TextDecoder().decode(part)
  return text
}

const until = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 10_000, interval: 1 })

describe('with fewer streams than peers', () => {
  it('every request is answered, whatever closes meanwhile, and no connection ends', async () => {
    const alice = await start(1, { ...hasty, requestStreamsMax: 2 })
    const others = await Promise.all([2, 3, 4, 5].map((index) => start(index, hasty)))
    const peers = await Promise.all(others.map(({ network }) => alice.network.connect(network.addresses()[0] as string)))
    for (let round = 0; round < 60; round++) {
      // Some at once and some one by one, so that closing meets requests in all their states.
      const asks = Array.from({ length: 1 + (round % 5) }, (_, turn) => {
        const peer = peers[(round * 3 + turn) % peers.length] as string
        const protocol = requestProtocols[(round + turn) % requestProtocols.length] as 'batch'
        const message = new TextEncoder().encode(`${round} ${turn} ${'x'.repeat((round * 997) % 30_000)}`)
        const answer = answerOf(alice.network.request(peer, protocol, message, { timeoutMs: 10_000 }))
        return answer.then((text) => expect(text).toBe(protocol + new TextDecoder().decode(message)))
      })
      await Promise.all(asks)
      // The roster looks again after a while when all were in use.
      if (round % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 120))
    }
    for (const node of [alice, ...others]) expect([node.ended, node.misbehaviour]).toEqual([[], []])
  })

  it('what is abandoned half-way does not end the connection either', async () => {
    const alice = await start(1, { ...hasty, requestStreamsMax: 1 })
    const endless: Partial<NetworkHandlers> = {
      async *onRequest() {
        for (;;) yield new Uint8Array(100_000)
      },
    }
    const others = await Promise.all([2, 3, 4].map((index) => start(index, hasty, endless)))
    const peers = await Promise.all(others.map(({ network }) => alice.network.connect(network.addresses()[0] as string)))
    for (let round = 0; round < 30; round++) {
      const peer = peers[round % peers.length] as string
      for await (const part of alice.network.request(peer, 'block', new Uint8Array(1), { timeoutMs: 10_000 })) {
        expect(part).toHaveLength(100_000)
        break
      }
    }
    for (const node of [alice, ...others]) expect([node.ended, node.misbehaviour]).toEqual([[], []])
  })
})

function frame(kind: number, id: number, payload: Bytes): Bytes {
  const bytes = new Uint8Array(frameHeaderBytes + 4 + payload.length)
  const start = writeFrameHeader(bytes, 0, { kind, id, payload })
  bytes.set(payload, start)
  return bytes
}

async function barePeer(): Promise<Libp2p> {
  const bare = await createLibp2p({
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    connectionGater: { denyDialMultiaddr: () => false },
  })
  running.push(bare)
  return bare
}

async function greet(bare: Libp2p, node: Node): Promise<Connection> {
  const connection = await bare.dial(multiaddr(node.network.addresses()[0] as string))
  const control = await connection.newStream('/synod/hello/1')
  for (const kind of [1, 2]) control.send(Uint8Array.of(kind, 0, 0, 8, ...new Uint8Array(8)))
  await until(() => node.network.peers().length === 1)
  return connection
}

const name = requestProtocolName('status')
/** Half-closes, and waits until the node has done so too. */
async function closeWell(stream: Stream): Promise<void> {
  await stream.close()
  await until(() => stream.status !== 'open')
}

describe('a requester', () => {
  it('may close its stream and open another, within reason', async () => {
    const node = await start(1, {})
    const connection = await greet(await barePeer(), node)
    for (let turn = 1; turn <= requestStreamsBurst; turn++) {
      const stream = await connection.newStream(name)
      let heard = 0
      stream.addEventListener('message', (event) => {
        heard += event.data.byteLength
      })
      stream.send(frame(1, turn, new Uint8Array(3)))
      await until(() => heard === 8 + 6 + 8 + 3 + 8)
      await closeWell(stream)
      expect(stream.status).toBe('closed')
    }
    expect([node.misbehaviour, node.ended]).toEqual([[], []])
    await connection.newStream(name)
    await until(() => node.misbehaviour.length === 1)
    expect(node.misbehaviour).toEqual(['streams of status requests are opened too often'])
    await until(() => node.network.peers().length === 0)
  })

  it('that opens and closes in a loop is stopped', async () => {
    const node = await start(1, {})
    const connection = await greet(await barePeer(), node)
    let opened = 0
    for (; node.misbehaviour.length === 0 && opened < 1_000; opened++) {
      await connection.newStream(name, { signal: AbortSignal.timeout(2_000) }).then(closeWell, () => undefined)
    }
    expect(opened).toBeLessThanOrEqual(requestStreamsBurst + 2)
    await until(() => connection.status !== 'open')
    expect(node.misbehaviour).toHaveLength(1)
  })

  it('may not open a second beside the first', async () => {
    const node = await start(1, {})
    const connection = await greet(await barePeer(), node)
    await connection.newStream(name)
    await connection.newStream(name)
    await until(() => node.misbehaviour.length === 1)
    expect(node.misbehaviour).toEqual(['a second stream of status requests'])
  })

  it('that closes with a request in flight is lost, and its answer is not made any further', async () => {
    let hasBegun = false
    let isFinished = false
    const node = await start(
      1,
      {},
      {
        async *onRequest() {
          hasBegun = true
          try {
            for (;;) yield new Uint8Array(100_000)
          } finally {
            isFinished = true
          }
        },
      },
    )
    const connection = await greet(await barePeer(), node)
    const stream = await connection.newStream(name)
    stream.send(frame(1, 1, new Uint8Array(3)))
    await until(() => hasBegun)
    await stream.close()
    await until(() => node.ended.length === 1)
    expect(node.ended).toEqual([`the stream ${name} ended`])
    await until(() => isFinished)
  })
})

describe('a responder', () => {
  it('sees idle streams closed when there are too many, and opened again on demand', async () => {
    const node = await start(1, { ...hasty, requestStreamsMax: 1 })
    const bare = await barePeer()
    const streams: Stream[] = []
    for (const protocol of ['status', 'block'] as const) {
      await bare.handle(requestProtocolName(protocol), (stream) => {
        streams.push(stream)
        // The frame that ends an answer, with the id of the request.
        stream.addEventListener('message', ({ data }) => stream.send(Uint8Array.of(2, 0, 0, 4, ...data.subarray(4, 8))))
        stream.addEventListener('end', () => void stream.close())
      })
    }
    await greet(bare, node)
    const ask = async (protocol: 'status' | 'block') =>
      answerOf(node.network.request(bare.peerId.toString(), protocol, new Uint8Array(1), { timeoutMs: 5_000 }))
    const heard: string[] = []
    for (const protocol of ['status', 'block', 'status'] as const) heard.push(await ask(protocol).catch(String))
    expect(heard).toEqual(['', '', ''])
    expect(streams).toHaveLength(3)
    await until(() => streams.filter(({ status }) => status === 'closed').length === 2)
    expect([node.ended, node.misbehaviour]).toEqual([[], []])
  })

  it('may not close a stream: its connection ends', async () => {
    const node = await start(1, {})
    const bare = await barePeer()
    await bare.handle(name, (stream) => void stream.close())
    await greet(bare, node)
    const parts = node.network.request(bare.peerId.toString(), 'status', new Uint8Array(1), { timeoutMs: 5_000 })
    await expect(answerOf(parts)).rejects.toMatchObject({ code: 'REQUEST_FAILED' })
    expect(node.ended).toEqual([`the stream ${name} ended`])
  })
})
