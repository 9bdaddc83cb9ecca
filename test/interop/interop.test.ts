/** Synod's network among peers of other makes: every transport and protection, dialled from either side. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createLibp2pNetwork, type Security } from '../../src/adapters/libp2p/libp2p-network.ts'
import { decode, encode } from '../../src/codec/codec.ts'
import { sha256 } from '../../src/crypto/hash.ts'
import { checkHello, type Hello, helloSchema } from '../../src/peers/hello.ts'
import type { Network } from '../../src/ports/network.ts'
import { type Bytes, fromHex, toHex, utf8 } from '../../src/primitives/bytes.ts'
import { build, type ForeignPeer, type Make, makes, missing, startForeignPeer } from './foreign-peer.ts'

const chain = { chainId: sha256(utf8('interop chain')), genesisRoot: sha256(utf8('interop genesis')) }

interface Way {
  readonly name: string
  readonly security: Security
  readonly listen: string
  readonly transport: string
}

const ways: readonly Way[] = [
  { name: 'TCP and TLS', security: 'tls', listen: '/ip4/127.0.0.1/tcp/0', transport: 'tcp' },
  { name: 'TCP and Noise', security: 'noise', listen: '/ip4/127.0.0.1/tcp/0', transport: 'tcp' },
  { name: 'QUIC', security: 'tls', listen: '/ip4/127.0.0.1/udp/0/quic-v1', transport: 'quic' },
  { name: 'WebSocket and Noise', security: 'noise', listen: '/ip4/127.0.0.1/tcp/0/ws', transport: 'ws' },
]

const hello: Hello = {
  ...chain,
  protocolMin: 1,
  protocolMax: 2,
  capabilities: ['block-sync'],
  height: 0,
  listenAddresses: [],
  agent: 'synod-interop',
  nonce: new Uint8Array(32).fill(1),
  work: 0,
  grantsStake: false,
  stakeKey: undefined,
  extensions: [],
}

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})

/** A node's network, with what it heard. */
async function startNetwork({ security, listen }: Way) {
  const agents: string[] = []
  const gossip: string[] = []
  const misbehaviour: string[] = []
  const network = await createLibp2pNetwork({
    privateKeySeed: sha256(utf8(`${security} ${listen}`)),
    listen: [listen],
    security: [security],
    chainTag: toHex(chain.chainId).slice(0, 16),
  })
  await network.start({
    hello: () => encode(helloSchema, hello),
    onHello(_peer, bytes) {
      const decoded = decode(helloSchema, bytes.slice())
      if (!decoded.ok) return { accept: false, reason: decoded.error.code }
      const checked = checkHello(decoded.value, chain)
      if (!checked.ok) return { accept: false, reason: checked.error.code }
      agents.push(decoded.value.agent)
      return { accept: true }
    },
    onConnected: () => undefined,
    onDisconnected: () => undefined,
    onMessage: () => undefined,
    onGossip(_peer, _channel, message) {
      gossip.push(toHex(message))
      return 'accept'
    },
    async *onRequest(_peer, _protocol, message) {
      yield message
      yield utf8('!')
    },
    onMisbehaviour: (_peer, what) => void misbehaviour.push(what),
  })
  stops.push(() => network.stop())
  return { network, agents, gossip, misbehaviour }
}

async function startPeer(make: Make, { security, listen }: Way, chainId: Bytes = chain.chainId): Promise<ForeignPeer> {
  const peer = await startForeignPeer(make, {
    security: security as 'tls' | 'noise',
    listen,
    chainId: toHex(chainId),
    genesisRoot: toHex(chain.genesisRoot),
  })
  stops.push(peer.stop)
  return peer
}

async function eventually(what: string, condition: () => boolean, meanwhile: () => void = () => undefined): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!condition()) {
    if (performance.now() > deadline) expect.fail(`it never happened: ${what}`)
    meanwhile()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function collect(parts: AsyncIterable<Bytes>): Promise<string> {
  let whole = ''
  for await (const part of parts) whole += toHex(part)
  return whole
}

async function meet(network: Network, peer: ForeignPeer, dialler: 'Synod' | 'the other'): Promise<void> {
  if (dialler === 'Synod') expect(await network.connect(peer.address)).toBe(peer.id)
  else peer.command('dial', network.addresses()[0] as string)
  await peer.told('greeted')
  await eventually('the peer is connected', () => network.peers().some(({ id }) => id === peer.id))
}

/** The mesh forms in the background, and what is published before it does is lost; each message differs, as equal ones are one. */
async function exchangeGossip(network: Network, peer: ForeignPeer, gossip: readonly string[]): Promise<void> {
  const [ours, theirs] = [utf8('a block of ours'), utf8('a block of theirs')]
  let count = 0
  let heard = ''
  peer.told('heard').then(
    (message) => {
      heard = message
    },
    () => undefined,
  )
  const publish = () => network.broadcast('blocks', Uint8Array.of(...ours, count++))
  await eventually('the other side hears gossip', () => heard.startsWith(toHex(ours)), publish)
  const answer = () => peer.command('publish', `${toHex(theirs)}${toHex(Uint8Array.of(count++))}`)
  await eventually('Synod hears gossip', () => gossip.some((message) => message.startsWith(toHex(theirs))), answer)
}

const candidates = makes.map((make) => ({ make, reason: missing(make) }))

describe.each(candidates.map(({ make, reason }) => [make, reason === undefined ? '' : `, skipped: ${reason}`, reason] as const))(
  'a peer in %s%s',
  (make, _note, reason) => {
    const itHere = it.skipIf(reason !== undefined)
    beforeAll(() => {
      if (reason === undefined) build(make)
    }, 900_000)

    const cases = ways.flatMap((way) => (['Synod', 'the other'] as const).map((dialler) => [way.name, dialler, way] as const))
    itHere.each(cases)('over %s, dialled by %s', async (_, dialler, way) => {
      const { network, agents, gossip, misbehaviour } = await startNetwork(way)
      const peer = await startPeer(make, way)
      await meet(network, peer, dialler)
      expect(agents).toEqual([`synod-interop-${make}`])
      expect(network.peers()[0]).toMatchObject({
        transport: way.transport,
        direction: dialler === 'Synod' ? 'outbound' : 'inbound',
      })

      peer.command('identify', network.self)
      expect(await peer.told('identified')).toMatch(/\S+ \d+/)
      peer.command('ping', network.self)
      expect(await peer.told('ponged')).toMatch(/^\d+$/)

      expect(await collect(network.request(peer.id, 'status', utf8('abc'), { timeoutMs: 10_000 }))).toBe(toHex(utf8('cba')))
      peer.command('request', network.self, toHex(utf8('hello')))
      expect(await peer.told('answered')).toBe(toHex(utf8('hello!')))

      await exchangeGossip(network, peer, gossip)
      expect(misbehaviour).toEqual([])
    })

    itHere('of another chain is refused, and told why', async () => {
      const way = ways[1] as Way
      const { network, agents } = await startNetwork(way)
      const peer = await startPeer(make, way, fromHex('ab'.repeat(32)))
      peer.command('dial', network.addresses()[0] as string)
      expect(await peer.told('refused')).toContain('HELLO_WRONG_CHAIN')
      expect([agents, network.peers()]).toEqual([[], []])
    })
  },
)
