/** What a peer does to a connection below the protocol, over each transport: falls silent, opens too much, or is overtaken by itself. */
import { quic } from '@chainsafe/libp2p-quic'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { webRTCDirect } from '@libp2p/webrtc'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Network } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { frameHeaderBytes, writeFrameHeader } from './frame.ts'
import { createLibp2pNetwork, type Libp2pNetworkOptions } from './libp2p-network.ts'
import { streamsOfPeerMax } from './limits.ts'
import { peerCertificateOfSeed } from './peer-certificate.ts'
import { webSocketTransport } from './websocket-transport.ts'

const stops: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})

async function startNode(seed: number, listen: readonly string[], limits: Libp2pNetworkOptions['limits'] = {}) {
  const network = await createLibp2pNetwork({
    privateKeySeed: new Uint8Array(32).fill(seed),
    listen,
    security: ['noise'],
    chainTag: 'transports',
    webSocketCertificate: await peerCertificateOfSeed(new Uint8Array(32)),
    limits,
  })
  const told = { disconnected: [] as string[], misbehaviour: [] as string[], received: 0 }
  await network.start({
    hello: () => new Uint8Array(8),
    onHello: () => ({ accept: true }),
    onConnected: () => undefined,
    onDisconnected: (_peer, reason) => void told.disconnected.push(reason),
    onMessage: () => void told.received++,
    onGossip: () => 'ignore',
    async *onRequest(_peer, _protocol, message) {
      yield message
    },
    onMisbehaviour: (_peer, what) => void told.misbehaviour.push(what),
  })
  stops.push(() => network.stop())
  return { network, told }
}

const eventually = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 15_000, interval: 2 })
const addressOf = ({ network }: { readonly network: Network }) => network.addresses()[0] as string

type Factory = NonNullable<NonNullable<Parameters<typeof createLibp2p>[0]>['transports']>[number]
const factories: Readonly<Record<string, () => unknown>> = {
  tcp: () => tcp(),
  quic: () => quic({ shutdownTimeout: 1_000 } as Parameters<typeof quic>[0]),
  ws: () => webSocketTransport(undefined),
  wss: () => webSocketTransport(undefined),
  webrtc: () => webRTCDirect(),
}

/** A peer of libp2p that says of Synod what it is told to, and answers nothing. */
async function dialBare(kind: string, victim: { readonly network: Network }): Promise<Connection> {
  const libp2p: Libp2p = await createLibp2p({
    addresses: { listen: [] },
    transports: [(factories[kind] as () => Factory)()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ maxOutboundStreams: 2_000 })],
    connectionMonitor: { enabled: false },
    connectionGater: { denyDialMultiaddr: () => false },
  })
  stops.push(() => libp2p.stop())
  return libp2p.dial(multiaddr(addressOf(victim)))
}

function frame(kind: number, payload: Bytes): Bytes {
  const bytes = new Uint8Array(frameHeaderBytes + payload.length)
  bytes.set(payload, writeFrameHeader(bytes, 0, { kind, payload }))
  return bytes
}
const hello = frame(1, new Uint8Array(8))
const accept = frame(2, new Uint8Array(8))
const vote = frame(0, new Uint8Array(3))

async function greet(connection: Connection, { network }: { readonly network: Network }): Promise<Stream> {
  const control = await connection.newStream('/synod/hello/1')
  control.send(hello)
  control.send(accept)
  await eventually(() => network.peers().length === 1)
  return control
}

/** Whoever comes next is served as ever. */
async function expectServed(victim: Awaited<ReturnType<typeof startNode>>): Promise<void> {
  const before = victim.told.received
  const { network } = await startNode(3, [])
  const peer = await network.connect(addressOf(victim))
  network.send(peer, 'consensus', new Uint8Array(3))
  await eventually(() => victim.told.received === before + 1)
}

const ways = [
  ['tcp', '/ip4/127.0.0.1/tcp/0'],
  ['quic', '/ip4/127.0.0.1/udp/0/quic-v1'],
  ['ws', '/ip4/127.0.0.1/tcp/0/ws'],
  ['wss', '/ip4/127.0.0.1/tcp/0/wss'],
  ['webrtc', '/ip4/127.0.0.1/udp/0/webrtc-direct'],
] as const

describe.each(ways)('over %s', (kind, listen) => {
  it('a peer that falls silent is given up, and one that is idle is not', async () => {
    const liveness = { pingIntervalMs: 100, silenceTimeoutMs: 1_000 }
    const victim = await startNode(1, [listen], liveness)
    const idle = await startNode(2, [], liveness)
    await idle.network.connect(addressOf(victim))
    const connection = await dialBare(kind, victim)
    const control = await connection.newStream('/synod/hello/1')
    control.send(hello)
    control.send(accept)
    await eventually(() => victim.network.peers().length === 2)
    await eventually(() => victim.told.disconnected.length > 0)
    expect(victim.told.disconnected).toEqual(['the peer fell silent'])
    expect([victim.network.peers().length, idle.told.disconnected]).toEqual([1, []])
    expect(victim.network.peers()[0]?.latencyMs).toBeGreaterThan(0)
  })

  it('a thousand streams on one connection are a few, and harm nobody', async () => {
    const victim = await startNode(1, [listen])
    const connection = await dialBare(kind, victim)
    await greet(connection, victim)
    let opened = 0
    const signal = AbortSignal.timeout(1_000)
    const attempts = Array.from({ length: 1_000 }, () =>
      connection.newStream('/meshsub/1.1.0', { signal, maxOutboundStreams: 2_000 }).then(
        () => opened++,
        () => undefined,
      ),
    )
    await Promise.race([Promise.all(attempts), new Promise((resolve) => signal.addEventListener('abort', resolve))])
    expect(opened).toBeLessThanOrEqual(2 * streamsOfPeerMax)
    await expectServed(victim)
  })
})

describe.each(ways)('over %s, a stream that overtakes others', (kind, listen) => {
  it('a stream that arrives before its peer’s acceptance waits for it', async () => {
    const victim = await startNode(1, [listen])
    const connection = await dialBare(kind, victim)
    const control = await connection.newStream('/synod/hello/1')
    let accepted = false
    control.addEventListener('message', ({ data }) => {
      accepted ||= [...data.subarray()].includes(2)
    })
    control.send(hello)
    await eventually(() => accepted)
    const votes = await connection.newStream('/synod/votes/1')
    votes.send(vote)
    await vi.waitFor(() => expect(victim.network.peers()).toEqual([]))
    control.send(accept)
    await eventually(() => victim.told.received === 1)
    expect([victim.told.misbehaviour, victim.told.disconnected]).toEqual([[], []])
  })

  it('a stream that can have overtaken nothing breaks the rules', async () => {
    const victim = await startNode(1, [listen])
    const connection = await dialBare(kind, victim)
    // The node may end the connection before this side hears that the protocol is agreed on.
    await connection.newStream('/synod/votes/1').catch(() => undefined)
    await eventually(() => victim.told.misbehaviour.length > 0)
    expect(victim.told.misbehaviour).toEqual(['a stream before hello was accepted'])
    expect(victim.told.received).toBe(0)
  })
})

it('QUIC counts its datagrams', async () => {
  const bob = await startNode(1, ['/ip4/127.0.0.1/udp/0/quic-v1'])
  const alice = await startNode(2, [])
  const peer = await alice.network.connect(addressOf(bob))
  alice.network.send(
    peer,
    'blocks',
    new Uint8Array(100_000).map((_, index) => index * index),
  )
  await eventually(() => bob.told.received === 1)
  const [sent, heard] = [alice.network.traffic(peer).wire, bob.network.traffic(alice.network.self).wire]
  expect(sent.bytesOut).toBeGreaterThan(5_000)
  expect(heard.bytesIn).toBeGreaterThan(5_000)
  expect(heard.bytesIn).toBeLessThanOrEqual(sent.bytesOut * 1.1 + 5_000)
  alice.network.disconnect(peer, 'enough')
  await eventually(() => bob.told.disconnected.length === 1)
  await eventually(() => bob.network.traffic().wire.bytesIn >= heard.bytesIn)
})

it.each(['/ip4/127.0.0.1/udp/0/quic-v1', '/ip4/127.0.0.1/udp/0/webrtc-direct'])(
  'a node that dials from one address alone does not dial %s',
  async (listen) => {
    const bob = await startNode(1, [listen])
    const alice = await createLibp2pNetwork({
      privateKeySeed: new Uint8Array(32).fill(2),
      listen: [],
      security: ['noise'],
      chainTag: 'transports',
      dialFrom: '127.0.7.1',
    })
    await alice.start({} as Parameters<Network['start']>[0])
    stops.push(() => alice.stop())
    await expect(alice.connect(addressOf(bob))).rejects.toMatchObject({
      code: 'DIAL_FAILED',
      message: expect.stringContaining('cannot be dialled from 127.0.7.1'),
    })
  },
)
