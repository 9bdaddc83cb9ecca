import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { RelayLimits } from '../../peers/relay-book.ts'
import type { Network, NetworkHandlers, PeerInfo, StrangerFault } from '../../ports/network.ts'
import { type Bytes, utf8 } from '../../primitives/bytes.ts'
import { createLibp2pNetwork, type Libp2pNetworkOptions } from './libp2p-network.ts'

const running: Network[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((network) => network.stop()))
})

interface Node {
  readonly network: Network
  readonly connected: PeerInfo[]
  readonly moved: PeerInfo[]
  readonly disconnected: string[]
  readonly messages: string[]
  readonly faults: StrangerFault[]
  readonly misbehaviour: string[]
}

const limits: RelayLimits = {
  reservations: 4,
  reservationsPerHost: 4,
  circuits: 4,
  circuitsPerPeer: 3,
  bytesPerSecond: 64 << 20,
  reservationMs: 3_600_000,
  circuitMs: 3_600_000,
}

async function start(
  index: number,
  behaviour: Partial<NetworkHandlers> = {},
  options: Partial<Libp2pNetworkOptions> = {},
): Promise<Node> {
  const network = await createLibp2pNetwork({
    privateKeySeed: new Uint8Array(32).fill(index),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    security: ['tls'],
    requireHybrid: true,
    chainTag: 'relays',
    ...options,
  })
  const node: Node = { network, connected: [], moved: [], disconnected: [], messages: [], faults: [], misbehaviour: [] }
  await network.start({
    onInbound: () => 'admit',
    onStranger: (_connection, fault) => void node.faults.push(fault),
    hello: () => new Uint8Array(8),
    onHello: () => ({ accept: true }),
    onConnected: (peer) => void node.connected.push(peer),
    onMoved: (peer) => void node.moved.push(peer),
    onDisconnected: (_peer, reason) => void node.disconnected.push(reason),
    onMessage: (_peer, _channel, message) => void node.messages.push(text(message)),
    onGossip: () => 'ignore',
    async *onRequest(_peer, _protocol, message) {
      yield message
    },
    onMisbehaviour: (_peer, what) => void node.misbehaviour.push(what),
    ...behaviour,
  })
  running.push(network)
  return node
}

const text = (bytes: Bytes) => new TextDecoder().decode(bytes)
const relayingOf = ({ network }: Node) => network.relaying as NonNullable<Network['relaying']>
const direct = ({ network }: Node) => network.addresses().filter((address) => !address.includes('p2p-circuit'))
const relayed = ({ network }: Node) => network.addresses().filter((address) => address.includes('p2p-circuit'))
const eventually = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 10_000, interval: 1 })
const of = (node: Node, peer: Node) => node.network.peers().find(({ id }) => id === peer.network.self)

/** Bob can be reached through the relay. */
async function trio(relayLimits = limits, options: Partial<Libp2pNetworkOptions> = {}, behaviour: Partial<NetworkHandlers> = {}) {
  const relay = await start(3)
  const bob = await start(2, behaviour, options)
  const alice = await start(1, {}, options)
  relayingOf(relay).serve(relayLimits)
  await bob.network.connect(direct(relay)[0] as string)
  await relayingOf(bob).reserve(relay.network.self, direct(relay))
  return { relay, bob, alice }
}

async function connected(relayLimits = limits, options: Partial<Libp2pNetworkOptions> = {}) {
  const nodes = await trio(relayLimits, options)
  await nodes.alice.network.connect(relayed(nodes.bob)[0] as string)
  await eventually(() => of(nodes.bob, nodes.alice) !== undefined)
  return nodes
}

describe('a relayed connection', () => {
  it('is a connection like any other, but for what it says of itself', async () => {
    const { relay, bob, alice } = await connected()
    const [seen, back] = [of(alice, bob), of(bob, alice)]
    expect([seen?.transport, seen?.relayed, seen?.direction, seen?.protection]).toEqual([
      'relay',
      true,
      'outbound',
      'tls1.3 X25519MLKEM768',
    ])
    expect([back?.transport, back?.relayed, back?.direction]).toEqual(['relay', true, 'inbound'])
    expect([seen?.host, back?.host]).toEqual(Array(2).fill(`relay:${relay.network.self}`))
    alice.network.send(bob.network.self, 'consensus', utf8('a vote'))
    await eventually(() => bob.messages.length === 1)
    const parts: Bytes[] = []
    const request = alice.network.request(bob.network.self, 'block', new Uint8Array(60_000), { timeoutMs: 5_000 })
    for await (const part of request) parts.push(part)
    expect(parts.map(({ length }) => length)).toEqual([60_000])
    expect(relayingOf(relay).usage()).toMatchObject({ reservations: 1, circuits: 1 })
    expect(relayingOf(relay).usage().bytes).toBeGreaterThan(120_000)
  })

  it('is replaced by a direct one without the peer ever being away', async () => {
    const { bob, alice } = await connected()
    let sent = 0
    const say = () => {
      if (alice.network.send(bob.network.self, 'consensus', utf8(`${sent}`))) sent += 1
    }
    for (let count = 0; count < 50; count++) say()
    const dial = alice.network.connect(direct(bob)[0] as string)
    while (of(alice, bob)?.relayed) {
      say()
      await new Promise((resolve) => setImmediate(resolve))
    }
    await dial
    for (let count = 0; count < 50; count++) say()
    await eventually(() => bob.messages.length === sent)
    expect(new Set(bob.messages).size).toBe(sent)
    await eventually(() => of(bob, alice)?.relayed === false)
    expect([alice.moved.length, bob.moved.length]).toEqual([1, 1])
    expect([alice.disconnected, bob.disconnected]).toEqual([[], []])
  })

  it('ends with the relay', async () => {
    const { relay, bob, alice } = await connected()
    await relay.network.stop()
    await eventually(() => of(alice, bob) === undefined && of(bob, alice) === undefined)
    expect(relayed(bob)).toEqual([])
  })

  it('keeps to the pace of its relay, in each direction', async () => {
    const bytesPerSecond = 300_000
    const { bob, alice } = await connected({ ...limits, bytesPerSecond })
    const startedAt = performance.now()
    for (let count = 0; count < 16; count++) alice.network.send(bob.network.self, 'batches', randomBytes(100_000))
    await eventually(() => bob.messages.length === 16)
    // Two seconds' worth at once and 3.3 s for the rest, of which a window or so passes before the relay stops reading.
    expect(performance.now() - startedAt).toBeGreaterThan(2_200)
  })

  it('lasts no longer than the relay lets it', async () => {
    const { bob, alice } = await connected({ ...limits, circuitMs: 1_500 })
    await eventually(() => of(alice, bob) === undefined && of(bob, alice) === undefined)
  })
})

describe('a direct connection by WebRTC', () => {
  it('takes the place of the relayed one', async () => {
    const { bob, alice } = await connected(limits, { requireHybrid: false })
    await relayingOf(alice).traverse(bob.network.self, 20_000)
    await eventually(() => of(bob, alice)?.relayed === false)
    const [seen, back] = [of(alice, bob), of(bob, alice)]
    expect([seen?.transport, back?.transport, seen?.relayed]).toEqual(['webrtc', 'webrtc', false])
    expect(seen?.host).toMatch(/^[0-9a-f.:]+$/)
    alice.network.send(bob.network.self, 'blocks', utf8('a block'))
    await eventually(() => bob.messages.length === 1)
    expect(alice.disconnected).toEqual([])
  })

  it('is not tried where it may not be used, nor without a relayed connection', async () => {
    const { relay, bob, alice } = await connected()
    await expect(relayingOf(alice).traverse(bob.network.self, 1_000)).rejects.toMatchObject({ code: 'DIAL_FAILED' })
    await expect(relayingOf(alice).traverse(relay.network.self, 1_000)).rejects.toMatchObject({ code: 'DIAL_FAILED' })
  })
})
