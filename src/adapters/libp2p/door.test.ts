import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { InboundConnection, InboundVerdict, Network, NetworkHandlers, PeerInfo } from '../../ports/network.ts'
import { createLibp2pNetwork } from './libp2p-network.ts'

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
  onInbound(connection) {
    arrivals.push(connection)
    events.push('arrived')
    return verdict
  },
  onInboundEnded: ({ id }) => void events.push(arrivals.some((one) => one.id === id) ? 'ended' : 'ended, unknown'),
  onStranger: (_connection, fault) => void events.push(fault),
  hello: () => new Uint8Array(8),
  onHello: () => ({ accept: true }),
  onConnected: (peer) => void peers.push(peer),
  onDisconnected: () => undefined,
  onMessage: () => undefined,
  onGossip: () => 'ignore',
  onRequest: () => {
    throw new Error('nothing to ask for here')
  },
  onMisbehaviour: () => undefined,
})

async function start(index: number, listen: string, behaviour: Partial<NetworkHandlers> = {}): Promise<Network> {
  const network = await createLibp2pNetwork({
    privateKeySeed: new Uint8Array(32).fill(index),
    listen: [listen],
    security: ['tls', 'noise'],
    chainTag: 'door',
    limits: { handshakeTimeoutMs: 150, helloTimeoutMs: 150, handshakesMax: 8 },
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
    const bob = await start(2, '/ip4/127.0.0.1/tcp/0')
    const socket = await knock(bob)
    for (const part of parts) socket.write(part)
    await eventually(() => socket.destroyed)
    await eventually(() => events.includes('ended'))
    expect(events).toEqual(['arrived', fault, 'ended'])
  })

  it('that hangs up in its handshake is told as such', async () => {
    const bob = await start(2, '/ip4/127.0.0.1/tcp/0')
    const socket = await knock(bob)
    socket.destroy()
    await eventually(() => events.includes('ended'))
    expect(events).toEqual(['arrived', 'cut handshake', 'ended'])
  })

  it('finds no room beside too many others, until their time is up', async () => {
    const bob = await start(2, '/ip4/127.0.0.1/tcp/0')
    const alice = await start(1, '/ip4/127.0.0.1/tcp/0', quiet)
    const silent = await Promise.all(Array.from({ length: 20 }, () => knock(bob)))
    await eventually(() => events.length === 8 && silent.filter((socket) => socket.destroyed).length === 12)
    await eventually(() => events.filter((event) => event === 'ended').length === 8)
    expect(events.filter((event) => event === 'slow handshake')).toHaveLength(8)
    await alice.connect(addressOf(bob))
  })
})
