import { afterEach, describe, expect, it, vi } from 'vitest'
import { quietHandlers } from '../../../test/network/quiet-handlers.ts'
import type { InboundConnection, Network, NetworkHandlers, PeerInfo } from '../../ports/network.ts'
import { type Bytes, utf8 } from '../../primitives/bytes.ts'
import { createLibp2pNetwork, type Libp2pNetworkOptions } from './libp2p-network.ts'
import { peerCertificateOfSeed } from './peer-certificate.ts'
import type { TransportKind } from './transports.ts'

const running: Network[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((network) => network.stop()))
})

interface Node {
  readonly network: Network
  readonly arrived: InboundConnection[]
  readonly ended: number[]
  readonly connected: PeerInfo[]
  readonly disconnected: string[]
  readonly messages: Bytes[]
}

async function start(
  index: number,
  options: Partial<Libp2pNetworkOptions>,
  behaviour: Partial<NetworkHandlers> = {},
): Promise<Node> {
  const network = await createLibp2pNetwork({
    privateKeySeed: new Uint8Array(32).fill(index),
    listen: [],
    security: ['tls', 'noise'],
    chainTag: 'transports',
    webSocketCertificate: await peerCertificateOfSeed(new Uint8Array(32)),
    ...options,
  })
  const node: Node = { network, arrived: [], ended: [], connected: [], disconnected: [], messages: [] }
  await network.start({
    ...quietHandlers,
    onInbound(connection) {
      node.arrived.push(connection)
      return 'admit'
    },
    onInboundEnded: ({ id }) => void node.ended.push(id),
    onConnected: (peer) => void node.connected.push(peer),
    onDisconnected: (_peer, reason) => void node.disconnected.push(reason),
    onMessage: (_peer, _channel, message) => void node.messages.push(message),
    async *onRequest(_peer, _protocol, message) {
      yield message
    },
    ...behaviour,
  })
  running.push(network)
  return node
}

const addressOf = ({ network }: Node) => network.addresses()[0] as string
const eventually = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 10_000, interval: 1 })

describe.each([
  ['tcp', '/ip4/127.0.0.1/tcp/0', 'tls1.3 X25519MLKEM768'],
  ['quic', '/ip4/127.0.0.1/udp/0/quic-v1', 'quic tls1.3'],
  ['quic', '/ip6/::1/udp/0/quic-v1', 'quic tls1.3'],
  ['ws', '/ip4/127.0.0.1/tcp/0/ws', 'tls1.3 X25519MLKEM768'],
  ['ws', '/ip6/::1/tcp/0/ws', 'tls1.3 X25519MLKEM768'],
  ['wss', '/ip4/127.0.0.1/tcp/0/wss', 'tls1.3 X25519MLKEM768'],
  ['webrtc', '/ip4/127.0.0.1/udp/0/webrtc-direct', 'dtls, noise-xx X25519 ChaChaPoly'],
] as const)('over %s at %s', (transport, listen, protection) => {
  it('peers meet, talk, ask, part, and meet again', async () => {
    const bob = await start(2, { listen: [listen] })
    const alice = await start(1, {})
    const peer = await alice.network.connect(addressOf(bob))
    await eventually(() => bob.connected.length === 1)
    const host = listen.includes('ip6') ? '::1' : '127.0.0.1'
    expect(alice.connected[0]).toMatchObject({ id: bob.network.self, direction: 'outbound', transport, protection, host })
    const seen = transport === 'wss' ? 'ws' : transport
    expect(bob.connected[0]).toMatchObject({ id: alice.network.self, direction: 'inbound', protection, host, transport: seen })
    const id = bob.connected[0]?.connectionId
    expect(bob.arrived).toEqual([transport === 'webrtc' ? { id, host, kind: 'datagram' } : { id, host }])

    const message = new Uint8Array(100_000).fill(7)
    alice.network.send(peer, 'blocks', message)
    bob.network.send(alice.network.self, 'consensus', utf8('a vote'))
    await eventually(() => bob.messages.length === 1 && alice.messages.length === 1)
    expect(Buffer.compare(bob.messages[0] as Bytes, message)).toBe(0)
    const parts: Bytes[] = []
    for await (const part of alice.network.request(peer, 'block', utf8('7'), { timeoutMs: 5_000 })) parts.push(part)
    expect(parts).toEqual([utf8('7')])

    alice.network.disconnect(peer, 'that is all')
    await eventually(() => bob.disconnected.length === 1 && bob.ended.length === 1)
    expect([bob.disconnected, bob.ended]).toEqual([['that is all'], [bob.connected[0]?.connectionId]])
    await alice.network.connect(addressOf(bob))
    await eventually(() => bob.connected.length === 2)
  })

  it('whoever the policy refuses is no peer', async () => {
    const bob = await start(2, { listen: [listen] }, { onInbound: () => 'refuse' })
    const alice = await start(1, {})
    await expect(alice.network.connect(addressOf(bob), { timeoutMs: 3_000 })).rejects.toMatchObject({ code: 'DIAL_FAILED' })
    expect([bob.connected, bob.ended]).toEqual([[], []])
  })
})

describe('which transports are used', () => {
  const all = ['/ip4/127.0.0.1/udp/0/quic-v1', '/ip4/127.0.0.1/tcp/0/ws', '/ip4/127.0.0.1/tcp/0']

  it.each([
    [['ws', 'tcp', 'quic'], false, ['ws', 'tcp', 'quic']],
    [['tcp', 'quic'], false, ['tcp', 'quic']],
    [['quic', 'tcp', 'ws'], true, ['tcp', 'ws']],
  ] as const)('%j, the hybrid group required: %s', async (transports, requireHybrid, expected) => {
    const { network } = await start(1, { listen: all, transports, requireHybrid })
    const kinds = network.addresses().map((address) => (/quic|ws/.exec(address)?.[0] ?? 'tcp') as TransportKind)
    expect(kinds).toEqual(expected)
  })

  it('is said clearly when nothing is left', async () => {
    const listen = ['/ip4/127.0.0.1/udp/0/quic-v1']
    for (const options of [{ requireHybrid: true }, { transports: ['tcp'] as const }]) {
      await expect(start(1, { listen, ...options })).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
    }
    await expect(start(1, { transports: ['quic'], requireHybrid: true })).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
  })

  it('holds for dialling too', async () => {
    const bob = await start(2, { listen: ['/ip4/127.0.0.1/udp/0/quic-v1'] })
    const strict = await start(1, { requireHybrid: true })
    const choosy = await start(3, { transports: ['tcp', 'ws'] })
    for (const node of [strict, choosy]) {
      await expect(node.network.connect(addressOf(bob))).rejects.toMatchObject({
        code: 'DIAL_FAILED',
        message: expect.stringContaining('quic may not be used'),
      })
    }
  })

  it('wss needs a certificate', async () => {
    const { webSocketCertificate: _none, ...without } = { webSocketCertificate: undefined }
    const network = createLibp2pNetwork({
      privateKeySeed: new Uint8Array(32).fill(1),
      listen: ['/ip4/127.0.0.1/tcp/0/tls/ws'],
      security: ['tls'],
      chainTag: 'transports',
      ...without,
    }).then((made) => made.start({} as NetworkHandlers))
    await expect(network).rejects.toMatchObject({ code: 'LISTEN_FAILED', message: expect.stringContaining('certificate') })
  })
})

it.runIf(process.platform === 'linux').each(['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'])(
  'a node dials %s from the address it was told to',
  async (listen) => {
    const bob = await start(2, { listen: [listen] })
    const alice = await start(1, { dialFrom: '127.0.7.1' })
    await alice.network.connect(addressOf(bob))
    expect(bob.arrived.map(({ host }) => host)).toEqual(['127.0.7.1'])
  },
)
