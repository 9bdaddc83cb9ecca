import { describe, expect, it } from 'vitest'
import { createTestChain } from '../../test/engine/test-chain.ts'
import type { Application } from '../application/application.ts'
import { decode, encode } from '../codec/codec.ts'
import { type Ed25519Keypair, ed25519Keypair } from '../crypto/ed25519.ts'
import { sha256 } from '../crypto/hash.ts'
import { type Hello, helloProofSchema, helloSchema } from '../peers/hello.ts'
import { workMax } from '../peers/work-challenge.ts'
import type { GreetedConnection, PeerId } from '../ports/network.ts'
import { silence } from '../ports/telemetry.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { Chain } from './chain.ts'
import { createHandshake, type Handshake } from './handshake.ts'
import { greetingsMax } from './open-greetings.ts'
import { createOwnAddresses } from './own-addresses.ts'
import type { Ports } from './ports.ts'
import { createStakeSlots } from './stake-slots.ts'

const other = sha256(Uint8Array.of(1))
const networkKey = ed25519Keypair(new Uint8Array(32).fill(7))

/** One node's handshake, all else around it simple and open. */
function nodeOf(
  chain: Chain,
  self: PeerId,
  changes: Partial<Parameters<typeof createHandshake>[0]> & { connected?: PeerId[] } = {},
) {
  let random = self.length
  const rejections: string[] = []
  const network = {
    self,
    addresses: () => Array.from({ length: 20 }, (_, index) => `address ${index}`),
    peers: () => (changes.connected ?? []).map((id) => ({ id })),
  }
  const clock = {
    now: () => 0,
    monotonic: () => performance.now(),
    schedule(_ms: number, callback: () => void) {
      const timer = setImmediate(callback)
      return { cancel: () => clearImmediate(timer) }
    },
  }
  const entropy = { bytes: (length: number) => new Uint8Array(length).map(() => (random = (random * 73 + 41) % 251)) }
  const ports = { network, telemetry: silence, clock, entropy } as unknown as Ports
  const application = { stakeOfNetworkKey: (_: unknown, key: Bytes) => (key[0] === networkKey.publicKey[0] ? 5n : 0n) }
  const handshake = createHandshake({
    ports,
    chain,
    ownAddresses: createOwnAddresses({ ports }),
    agent: 'synod-test',
    validator: true,
    isWelcome: () => true,
    isAllowed: () => false,
    isSynced: () => true,
    slots: createStakeSlots({ ports, chain, application: application as unknown as Application }),
    onWork: () => undefined,
    level: () => 'normal',
    onDialBack: () => undefined,
    onObserved: () => undefined,
    onRejection: (_peer, { code }) => void rejections.push(code),
    ...changes,
  })
  return { self, handshake, rejections }
}

const inbound = (id: number): GreetedConnection => ({ id, host: '203.0.113.7', direction: 'inbound' })
const outbound = (id: number): GreetedConnection => ({ id, host: '203.0.113.8', direction: 'outbound' })

async function setUp(changes: Parameters<typeof nodeOf>[2] = {}) {
  const { chain } = await createTestChain(1)
  const { handshake, rejections } = nodeOf(chain, 'self', changes)
  const hello: Hello = {
    chainId: chain.chainId,
    genesisRoot: chain.genesisRoot,
    protocolMin: 1,
    protocolMax: 3,
    capabilities: ['block-sync'],
    height: 7,
    listenAddresses: [],
    agent: 'another',
    nonce: new Uint8Array(32).fill(3),
    work: 0,
    grantsStake: false,
    stakeKey: undefined,
    extensions: [],
  }
  let connections = 0
  /** What the node says to this hello on a connection of its own. */
  const hear = (peer: PeerId, bytes: Bytes, connection = inbound(++connections)) => {
    handshake.handlers.hello(peer, connection)
    return handshake.handlers.onHello(peer, bytes, connection)
  }
  /** The same, of a peer that accepts this node too. */
  const meet = (peer: PeerId, bytes: Bytes, connection = inbound(++connections)) => {
    const verdict = hear(peer, bytes, connection)
    handshake.established(peer, connection.id)
    return verdict
  }
  return { chain, handshake, hello, hear, meet, rejections }
}

describe('handshake', () => {
  it('accepts its own kind and remembers what it said, until it is gone', async () => {
    const { handshake, hello, hear, meet } = await setUp()
    expect(hear('self', handshake.handlers.hello('self', inbound(77)))).toEqual({ accept: true })
    expect(meet('peer', encode(helloSchema, hello))).toEqual({ accept: true })
    expect(handshake.of('peer')).toEqual(hello)
    handshake.forget('peer', 2)
    expect(handshake.of('peer')).toBeUndefined()
  })

  it('remembers what was said on the connection that took the place of another', async () => {
    const { handshake, hello, meet } = await setUp()
    meet('peer', encode(helloSchema, hello), inbound(1))
    meet('peer', encode(helloSchema, hello), inbound(2))
    handshake.forget('peer', 1)
    expect(handshake.negotiated('peer')).toBe(2)
    handshake.forget('peer', 2)
    expect(handshake.negotiated('peer')).toBe(1)
  })

  it.each<[string, Partial<Hello>]>([
    ['HELLO_WRONG_CHAIN', { chainId: other }],
    ['HELLO_WRONG_GENESIS', { genesisRoot: other }],
    ['HELLO_WRONG_VERSION', { protocolMin: 3 }],
    ['HELLO_WRONG_VERSION', { protocolMin: 0, protocolMax: 0 }],
    ['HELLO_WORK_EXCESSIVE', { work: 1 }],
  ])('tells a stranger what differs: %s', async (code, changes) => {
    const { handshake, hello, hear, rejections } = await setUp()
    const verdict = hear('peer', encode(helloSchema, { ...hello, ...changes }))
    expect(verdict).toMatchObject({ accept: false, reason: expect.stringMatching(new RegExp(`^${code}: .+`)) })
    expect(handshake.of('peer')).toBeUndefined()
    expect(rejections).toEqual([code])
  })

  it.each<[string, (hello: Bytes) => Bytes]>([
    ['nothing', () => new Uint8Array(0)],
    ['garbage', () => Uint8Array.of(0xc1, 0xff, 0)],
    ['a truncated hello', (hello) => hello.slice(0, -1)],
    ['a hello with more behind it', (hello) => Uint8Array.of(...hello, 0)],
  ])('refuses %s', async (_, spoil) => {
    const { hello, hear } = await setUp()
    expect(hear('peer', spoil(encode(helloSchema, hello)))).toMatchObject({ accept: false })
  })

  it('ignores what a later version adds', async () => {
    const { hello, hear } = await setUp()
    const extensions = [{ name: 'weather', data: Uint8Array.of(1, 2, 3) }]
    expect(hear('peer', encode(helloSchema, { ...hello, extensions }))).toEqual({ accept: true })
  })

  it('has a fresh nonce for every connection', async () => {
    const { handshake } = await setUp()
    const nonces = [1, 2, 3].map((id) => {
      const decoded = decode(helloSchema, handshake.handlers.hello('peer', inbound(id)))
      return decoded.ok ? String(decoded.value.nonce) : ''
    })
    expect(new Set(nonces).size).toBe(3)
  })

  it('speaks the newest version that both know', async () => {
    const { handshake, hello, meet } = await setUp()
    meet('new', encode(helloSchema, hello))
    meet('old', encode(helloSchema, { ...hello, protocolMax: 1 }))
    expect([handshake.negotiated('new'), handshake.negotiated('old'), handshake.negotiated('nobody')]).toEqual([2, 1, 1])
  })

  it('does not let in whom it parted from', async () => {
    const { hello, hear } = await setUp({ isWelcome: () => false })
    expect(hear('peer', encode(helloSchema, hello))).toEqual({ accept: false, reason: 'HELLO_UNWELCOME' })
  })

  it('keeps nothing of a stranger that never becomes a peer, nor what it cannot read of one that does', async () => {
    const { handshake, hello, hear, meet } = await setUp()
    const extensions = [{ name: 'weather', data: new Uint8Array(1024) }]
    const bytes = encode(helloSchema, { ...hello, extensions })
    expect(hear('stranger', bytes, inbound(1))).toEqual({ accept: true })
    expect(handshake.of('stranger')).toBeUndefined()
    handshake.ended(1)
    handshake.established('stranger', 1)
    expect(handshake.of('stranger')).toBeUndefined()
    meet('peer', bytes, inbound(2))
    expect(handshake.of('peer')).toEqual(hello)
  })

  it('does not grow with greetings that never end', async () => {
    const { handshake, hello, hear } = await setUp({ isAllowed: () => true })
    for (let id = 1; id <= greetingsMax + 8; id++) hear(`peer ${id}`, encode(helloSchema, hello), inbound(id))
    for (const id of [1, greetingsMax + 8]) handshake.established(`peer ${id}`, id)
    expect(handshake.of('peer 1')).toBeUndefined()
    expect(handshake.of(`peer ${greetingsMax + 8}`)).toEqual(hello)
  })
})

interface Side {
  readonly self: PeerId
  readonly handshake: Handshake
  readonly rejections: string[]
}

/** Hellos both ways, and the dialler's proof if it owes one. Both know the connection by the same number. */
async function greet(dialler: Side, listener: Side, id: number, tamper: (proof: Bytes) => Bytes = (proof) => proof) {
  const [dialled, listened] = [
    dialler.handshake.handlers.hello(listener.self, outbound(id)),
    listener.handshake.handlers.hello(dialler.self, inbound(id)),
  ]
  const verdict = listener.handshake.handlers.onHello(dialler.self, dialled, inbound(id))
  dialler.handshake.handlers.onHello(listener.self, listened, outbound(id))
  const proof = await dialler.handshake.handlers.prove(listener.self, listened, outbound(id))
  const judge = () => listener.handshake.handlers.onProof(dialler.self, tamper(proof as Bytes), inbound(id))
  const final = 'accept' in verdict ? verdict : judge()
  if (final.accept) listener.handshake.established(dialler.self, id)
  return { proof, verdict: final }
}

/** A listener whom so many strangers visit that it asks the next for work. */
async function besieged(name = 'listener') {
  const { chain } = await createTestChain(1)
  const listener = nodeOf(chain, name)
  for (let id = 1000; id < 1200; id++) listener.handshake.handlers.hello('stranger', inbound(id))
  return { chain, listener }
}

describe('work', () => {
  it('is not asked for in quiet times, and costs no message then', async () => {
    const { chain } = await createTestChain(1)
    const { verdict, proof } = await greet(nodeOf(chain, 'dialler'), nodeOf(chain, 'listener'), 1)
    expect([verdict, proof]).toEqual([{ accept: true }, undefined])
  })

  it('lets in whoever has done it', async () => {
    const { chain, listener } = await besieged()
    const { verdict, proof } = await greet(nodeOf(chain, 'dialler'), listener, 1)
    expect(proof).toBeDefined()
    expect(verdict).toEqual({ accept: true })
    expect(listener.handshake.isStaked('dialler')).toBe(false)
  })

  it.each<[string, string, (proof: Bytes) => Bytes]>([
    [
      'HELLO_WORK_INVALID',
      'work that was not done',
      () => encode(helloProofSchema, { work: 5n, stake: undefined, extensions: [] }),
    ],
    ['HELLO_WORK_INVALID', 'nothing', () => encode(helloProofSchema, { work: undefined, stake: undefined, extensions: [] })],
    [
      'HELLO_PROOF_MALFORMED',
      'a stake nobody asked for',
      () => encode(helloProofSchema, { work: 5n, stake: new Uint8Array(64), extensions: [] }),
    ],
    ['HELLO_PROOF_MALFORMED', 'garbage', () => Uint8Array.of(0xc1)],
    ['HELLO_PROOF_MALFORMED', 'no bytes', () => new Uint8Array(0)],
  ])('%s: %s', async (code, _, tamper) => {
    const { chain, listener } = await besieged()
    const { verdict } = await greet(nodeOf(chain, 'dialler'), listener, 1, tamper)
    expect(verdict).toMatchObject({ accept: false, reason: expect.stringContaining(code) })
    expect(listener.handshake.of('dialler')).toBeUndefined()
    expect(listener.rejections).toContain(code)
  })

  it.each(['dialler', 'thief'])('done once opens no second connection, for %s', async (name) => {
    const { chain, listener } = await besieged()
    const { proof } = await greet(nodeOf(chain, 'dialler'), listener, 1)
    const { verdict } = await greet(nodeOf(chain, name), listener, 2, () => proof as Bytes)
    expect(verdict).toMatchObject({ accept: false, reason: expect.stringContaining('HELLO_PROOF_REPLAYED') })
  })

  it('done for one node is worth nothing to another', async () => {
    const { chain, listener } = await besieged()
    const { proof } = await greet(nodeOf(chain, 'dialler'), listener, 1)
    const { listener: another } = await besieged('another')
    const { verdict } = await greet(nodeOf(chain, 'dialler'), another, 1, () => proof as Bytes)
    expect(verdict).toMatchObject({ accept: false, reason: expect.stringContaining('HELLO_WORK_INVALID') })
  })

  it('is not asked of whom the operator lets in, nor of whom the node dials', async () => {
    const { chain } = await createTestChain(1)
    const listener = nodeOf(chain, 'listener', { isAllowed: (peer) => peer === 'friend' })
    for (let id = 1000; id < 1200; id++) listener.handshake.handlers.hello('stranger', inbound(id))
    const workOf = (bytes: Bytes) => {
      const decoded = decode(helloSchema, bytes)
      return decoded.ok && decoded.value.work
    }
    expect(workOf(listener.handshake.handlers.hello('stranger', inbound(1)))).toBeGreaterThan(0)
    expect(workOf(listener.handshake.handlers.hello('friend', inbound(2)))).toBe(0)
    expect(workOf(listener.handshake.handlers.hello('stranger', outbound(3)))).toBe(0)
  })

  it('is asked of strangers while the node is strained, and told of where it is done', async () => {
    const { chain } = await createTestChain(1)
    const worked: PeerId[] = []
    const dialler = nodeOf(chain, 'dialler', { onWork: (peer) => void worked.push(peer) })
    const listener = nodeOf(chain, 'listener', { level: () => 'strained' })
    expect((await greet(dialler, listener, 1)).verdict).toEqual({ accept: true })
    expect(worked).toEqual(['listener'])
  })

  it('is refused when it is absurd', async () => {
    const { hello, hear } = await setUp()
    const verdict = hear('peer', encode(helloSchema, { ...hello, work: workMax + 1 }), outbound(5))
    expect(verdict).toMatchObject({ accept: false, reason: expect.stringContaining('HELLO_WORK_EXCESSIVE') })
    expect(hear('peer', encode(helloSchema, { ...hello, work: workMax }), outbound(6))).toEqual({ accept: true })
  })
})

describe('stake', () => {
  const withKey = (chain: Chain, name: PeerId, key: Ed25519Keypair = networkKey) => nodeOf(chain, name, { networkKey: key })

  it('is proved with the delegated key, and known by the peer', async () => {
    const { chain } = await createTestChain(1)
    const listener = nodeOf(chain, 'listener')
    expect((await greet(withKey(chain, 'dialler'), listener, 1)).verdict).toEqual({ accept: true })
    expect(listener.handshake.isStaked('dialler')).toBe(true)
    listener.handshake.forget('dialler', 1)
    expect(listener.handshake.isStaked('dialler')).toBe(false)
  })

  it('stands for work', async () => {
    const { chain, listener } = await besieged()
    const { verdict, proof } = await greet(withKey(chain, 'dialler'), listener, 1)
    const decoded = decode(helloProofSchema, proof as Bytes)
    expect(decoded.ok && decoded.value.work).toBeUndefined()
    expect(verdict).toEqual({ accept: true })
  })

  it('does not stand behind any key: such a peer works like everybody', async () => {
    const { chain, listener } = await besieged()
    const key = ed25519Keypair(new Uint8Array(32).fill(8))
    expect((await greet(withKey(chain, 'dialler', key), listener, 1)).verdict).toEqual({ accept: true })
    expect(listener.handshake.isStaked('dialler')).toBe(false)
  })

  it('is granted by no node that is not synchronised', async () => {
    const { chain } = await createTestChain(1)
    const listener = nodeOf(chain, 'listener', { isSynced: () => false })
    const { verdict, proof } = await greet(withKey(chain, 'dialler'), listener, 1)
    expect([verdict, proof]).toEqual([{ accept: true }, undefined])
    expect(listener.handshake.isStaked('dialler')).toBe(false)
  })

  it('has one slot for each key', async () => {
    const { chain } = await createTestChain(1)
    const listener = nodeOf(chain, 'listener', { connected: ['first'] })
    await greet(withKey(chain, 'first'), listener, 1)
    const second = await greet(withKey(chain, 'second'), listener, 2)
    expect(second.verdict).toMatchObject({ accept: false, reason: expect.stringContaining('HELLO_STAKE_TAKEN') })
    expect([listener.handshake.isStaked('first'), listener.handshake.isStaked('second')]).toEqual([true, false])
    expect((await greet(withKey(chain, 'first'), listener, 3)).verdict).toEqual({ accept: true })
    listener.handshake.forget('first', 3)
    expect((await greet(withKey(chain, 'second'), listener, 4)).verdict).toEqual({ accept: true })
  })

  it.each([
    ['HELLO_STAKE_INVALID', 'without a signature', () => undefined],
    ['HELLO_STAKE_INVALID', 'with any bytes for one', () => new Uint8Array(64).fill(1)],
  ])('%s: %s', async (code, _, stake) => {
    const { chain } = await createTestChain(1)
    const forged = encode(helloProofSchema, { work: undefined, stake: stake(), extensions: [] })
    const { verdict } = await greet(withKey(chain, 'dialler'), nodeOf(chain, 'listener'), 1, () => forged)
    expect(verdict).toMatchObject({ accept: false, reason: expect.stringContaining(code) })
  })

  it.each([
    ['on another connection', 'dialler'],
    ['by another peer', 'thief'],
  ])('stolen: a proof shown again %s', async (_, name) => {
    const { chain } = await createTestChain(1)
    const listener = nodeOf(chain, 'listener')
    const { proof } = await greet(withKey(chain, 'dialler'), listener, 1)
    listener.handshake.forget('dialler', 1)
    const { verdict } = await greet(withKey(chain, name), listener, 2, () => proof as Bytes)
    expect(verdict).toMatchObject({ accept: false, reason: expect.stringContaining('HELLO_PROOF_REPLAYED') })
    expect(listener.handshake.isStaked(name)).toBe(false)
  })

  it('stolen: a proof made for one node is refused by another', async () => {
    const { chain } = await createTestChain(1)
    const { proof } = await greet(withKey(chain, 'dialler'), nodeOf(chain, 'listener'), 1)
    const { verdict } = await greet(withKey(chain, 'dialler'), nodeOf(chain, 'another listener'), 1, () => proof as Bytes)
    expect(verdict).toMatchObject({ accept: false, reason: expect.stringContaining('HELLO_STAKE_INVALID') })
  })

  it('is proved by no other key than that of the hello', async () => {
    const { chain } = await createTestChain(1)
    const thief = { ...ed25519Keypair(new Uint8Array(32).fill(9)), publicKey: networkKey.publicKey }
    const { verdict } = await greet(withKey(chain, 'thief', thief), nodeOf(chain, 'listener'), 1)
    expect(verdict).toMatchObject({ accept: false, reason: expect.stringContaining('HELLO_STAKE_INVALID') })
  })

  it('gives no proof to who has not asked: one that comes without a hello is refused', async () => {
    const { handshake } = await setUp()
    const verdict = handshake.handlers.onProof('peer', new Uint8Array(3), inbound(9))
    expect(verdict).toMatchObject({ accept: false, reason: expect.stringContaining('HELLO_PROOF_MALFORMED') })
  })
})
