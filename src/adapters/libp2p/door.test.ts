import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { quietHandlers } from '../../../test/network/quiet-handlers.ts'
import type { InboundConnection, InboundVerdict, Network, NetworkHandlers, PeerInfo } from '../../ports/network.ts'
import { createLibp2pNetwork } from './libp2p-network.ts'
import type { Libp2pLimits } from './limits.ts'
import { makePeerCertificate } from './peer-certificate.ts'

let events: string[]
let verdict: InboundVerdict
let arrivals: InboundConnection[]
let peers: PeerInfo[]
const running: Network[] = []

beforeEach(() => {
  events = []
  arrivals = []
  peers = []
  verdict = 'admit'
})

afterEach(async () => {
  await Promise.all(running.splice(0).map((network) => network.stop()))
})

/** Tells the test that made it, not the next one, of what ends late. */
const watching = (events: string[], arrivals: InboundConnection[]): NetworkHandlers => ({
  ...quietHandlers,
  onInbound(connection) {
    arrivals.push(connection)
    events.push('arrived')
    return verdict
  },
  onInboundEnded: ({ id }) => void events.push(arrivals.some((one) => one.id === id) ? 'ended' : 'ended, unknown'),
  onStranger: (_connection, fault) => void events.push(fault),
  onConnected: (peer) => void peers.push(peer),
})

/** Where nobody is to be cut off, a busy machine may take its time. */
const impatient = { handshakeTimeoutMs: 200, handshakesMax: 8 }
const patient = { handshakeTimeoutMs: 10_000, handshakesMax: 8 }

async function start(
  index: number,
  listen: string,
  behaviour: Partial<NetworkHandlers> = {},
  limits: Partial<Libp2pLimits> = patient,
): Promise<Network> {
  const network = await createLibp2pNetwork({
    privateKeySeed: new Uint8Array(32).fill(index),
    listen: [listen],
    security: ['tls', 'noise'],
    chainTag: 'door',
    limits,
  })
  await network.start({ ...watching(events, arrivals), ...behaviour })
  running.push(network)
  return network
}

const quiet: Partial<NetworkHandlers> = {
  onInbound: () => 'admit',
  onInboundEnded: () => undefined,
  onConnected: () => undefined,
}
const addressOf = (network: Network) => network.addresses()[0] as string
const eventually = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 5_000, interval: 2 })

/** A bare socket to a network, which may end as it likes. */
async function knock(network: Network, host = '127.0.0.1'): Promise<Socket> {
  const socket = connectTcp(Number(/tcp\/(\d+)/.exec(addressOf(network))?.[1]), host)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** Can dial, and speaks nothing of ours. */
const startMute = () =>
  createLibp2p({
    addresses: { listen: [] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    connectionGater: { denyDialMultiaddr: () => false },
  })

describe.each(['/ip4/127.0.0.1/tcp/0', '/ip6/::1/tcp/0'])('the door of %s', (listen) => {
  it('shows who arrives by the id and host its peer will have, and tells the end once', async () => {
    const bob = await start(2, listen)
    const alice = await start(1, listen, quiet)
    await alice.connect(addressOf(bob))
    await eventually(() => peers.length === 1)
    expect(arrivals).toEqual([{ id: peers[0]?.connectionId, host: listen.includes('ip6') ? '::1' : '127.0.0.1' }])
    expect(peers[0]?.host).toBe(arrivals[0]?.host)
    alice.disconnect(bob.self, 'done')
    await eventually(() => events.includes('ended'))
    await bob.stop()
    expect(events).toEqual(['arrived', 'ended'])
  })

  it('turns away whom the policy refuses, and says no more of it', async () => {
    verdict = 'refuse'
    const bob = await start(2, listen)
    const alice = await start(1, listen, quiet)
    await expect(alice.connect(addressOf(bob))).rejects.toMatchObject({ code: 'DIAL_FAILED' })
    expect(events).toEqual(['arrived'])
    verdict = 'admit'
    await alice.connect(addressOf(bob))
  })
})

describe('a stranger', () => {
  it.each([
    ['says nothing', [], 'slow handshake'],
    ['stops in the middle of multistream', [Buffer.from('\x13/multistream/1')], 'slow handshake'],
    [
      'stops in the middle of TLS',
      [Buffer.from('\x13/multistream/1.0.0\n\x0b/tls/1.0.0\n'), Buffer.from([22, 3, 1, 2, 0, 1])],
      'slow handshake',
    ],
    [
      'talks garbage for TLS',
      [Buffer.from('\x13/multistream/1.0.0\n\x0b/tls/1.0.0\n'), randomBytes(2000).fill(99, 0, 8)],
      'broken handshake',
    ],
    ['talks garbage at once', [Buffer.from([0xff, 0xff, 0xff, 0x7f, 1, 2, 3])], 'broken handshake'],
  ])('that %s is cut off, and named', async (_name, parts, fault) => {
    const bob = await start(2, '/ip4/127.0.0.1/tcp/0', {}, fault === 'slow handshake' ? impatient : patient)
    const socket = await knock(bob)
    for (const part of parts) socket.write(part)
    await eventually(() => socket.destroyed)
    await eventually(() => events.includes('ended'))
    expect(events).toEqual(['arrived', fault, 'ended'])
  })

  it('that says nothing once it is known is told by its silence', async () => {
    const bob = await start(2, '/ip4/127.0.0.1/tcp/0', {}, { helloTimeoutMs: 200 })
    const mute = await startMute()
    try {
      const connection = await mute.dial(multiaddr(addressOf(bob)))
      await eventually(() => connection.status !== 'open' && events.includes('ended'))
      expect(events).toEqual(['arrived', 'no hello', 'ended'])
    } finally {
      await mute.stop()
    }
  })

  it('that is silent for more than a moment and leaves before its time is up is told by its silence', async () => {
    const bob = await start(2, '/ip4/127.0.0.1/tcp/0')
    const mute = await startMute()
    try {
      await (await mute.dial(multiaddr(addressOf(bob)))).close()
      await eventually(() => events.includes('ended'))
      expect(events).toEqual(['arrived', 'ended'])
      const connection = await mute.dial(multiaddr(addressOf(bob)))
      const since = performance.now()
      await eventually(() => performance.now() - since > 1_100)
      await connection.close()
      await eventually(() => events.length === 5)
      expect(events.slice(2)).toEqual(['arrived', 'no hello', 'ended'])
    } finally {
      await mute.stop()
    }
  })

  it('that is asked for a proof and leaves after more than a moment is told by it', async () => {
    const bob = await start(2, '/ip4/127.0.0.1/tcp/0', { onHello: () => ({ proofWithinMs: 5_000 }) })
    const { promise: never } = Promise.withResolvers<Uint8Array>()
    const alice = await start(1, '/ip4/127.0.0.1/tcp/0', { ...quiet, prove: () => never })
    const dial = expect(alice.connect(addressOf(bob), { timeoutMs: 5_000 })).rejects.toMatchObject({ code: 'DIAL_FAILED' })
    const since = performance.now()
    await eventually(() => performance.now() - since > 1_500)
    await alice.stop()
    await dial
    await eventually(() => events.includes('ended'))
    expect(events).toEqual(['arrived', 'no proof', 'ended'])
  })

  it('whose place is given to another is cut, and held to be at no fault', async () => {
    const bob = await start(2, '/ip4/127.0.0.1/tcp/0')
    const socket = await knock(bob)
    await eventually(() => arrivals.length === 1)
    bob.cut(arrivals[0]!.id, 'no room')
    await eventually(() => socket.destroyed && events.includes('ended'))
    const mute = await startMute()
    try {
      const connection = await mute.dial(multiaddr(addressOf(bob)))
      const since = performance.now()
      await eventually(() => performance.now() - since > 1_100)
      bob.cut(arrivals[1]!.id, 'no room')
      await eventually(() => connection.status !== 'open' && events.length === 4)
      expect(events).toEqual(['arrived', 'ended', 'arrived', 'ended'])
    } finally {
      await mute.stop()
    }
  })

  it('that bears a certificate of somebody else’s name is told as such', async () => {
    const bob = await start(2, '/ip4/127.0.0.1/tcp/0')
    const [named, real] = await Promise.all(
      [1, 7].map((fill) => generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(fill))),
    )
    const stolen = { publicKey: named?.publicKey, sign: (bytes: Uint8Array) => real?.sign(bytes) } as unknown as PrivateKey
    const socket = await knock(bob)
    socket.write('\x13/multistream/1.0.0\n\x0b/tls/1.0.0\n')
    // Both lines come back before TLS begins.
    let echoed = 0
    await new Promise<void>((resolve) => {
      socket.on('data', function read(bytes: Buffer) {
        echoed += bytes.length
        if (echoed < 32) return
        socket.off('data', read)
        resolve()
      })
    })
    const certificate = await makePeerCertificate(stolen, Date.now())
    connectTls({ socket, ...certificate, rejectUnauthorized: false, ALPNProtocols: ['libp2p'] }).on('error', () => undefined)
    await eventually(() => events.includes('ended'))
    expect(events).toEqual(['arrived', 'false identity', 'ended'])
  })

  it('that hangs up in its handshake is told as such', async () => {
    const bob = await start(2, '/ip4/127.0.0.1/tcp/0')
    const socket = await knock(bob)
    socket.destroy()
    await eventually(() => events.includes('ended'))
    expect(events).toEqual(['arrived', 'cut handshake', 'ended'])
  })

  it('finds no room beside too many others, until their time is up', async () => {
    const bob = await start(2, '/ip4/127.0.0.1/tcp/0', {}, { handshakeTimeoutMs: 1_000, handshakesMax: 8 })
    const alice = await start(1, '/ip4/127.0.0.1/tcp/0', quiet)
    const silent = await Promise.all(Array.from({ length: 20 }, () => knock(bob)))
    await eventually(() => events.length === 8 && silent.filter((socket) => socket.destroyed).length === 12)
    await eventually(() => events.filter((event) => event === 'ended').length === 8)
    expect(events.filter((event) => event === 'slow handshake')).toHaveLength(8)
    await alice.connect(addressOf(bob))
  })
})
