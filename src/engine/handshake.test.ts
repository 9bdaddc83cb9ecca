import { describe, expect, it } from 'vitest'
import { createTestChain } from '../../test/engine/test-chain.ts'
import { encode } from '../codec/codec.ts'
import { sha256 } from '../crypto/hash.ts'
import { type Hello, helloSchema } from '../peers/hello.ts'
import type { Network } from '../ports/network.ts'
import { silence } from '../ports/telemetry.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { createHandshake } from './handshake.ts'
import type { Ports } from './ports.ts'

const other = sha256(Uint8Array.of(1))

async function setUp(isWelcome = true, protocolVersionMax?: number) {
  const { chain } = await createTestChain(1)
  const network = { addresses: () => Array.from({ length: 20 }, (_, index) => `address ${index}`) } as unknown as Network
  const ports = { network, telemetry: silence } as unknown as Ports
  const handshake = createHandshake({
    ports,
    chain,
    agent: 'synod-test',
    validator: true,
    protocolVersionMax,
    isWelcome: () => isWelcome,
  })
  const hello: Hello = {
    chainId: chain.chainId,
    genesisRoot: chain.genesisRoot,
    protocolMin: 1,
    protocolMax: 3,
    capabilities: ['block-sync'],
    height: 7,
    listenAddresses: [],
    agent: 'another',
  }
  return { handshake, hello }
}

describe('handshake', () => {
  it('accepts its own kind and remembers what it said, until it is gone', async () => {
    const { handshake, hello } = await setUp()
    expect(handshake.onHello('self', handshake.hello())).toEqual({ accept: true })
    expect(handshake.onHello('peer', encode(helloSchema, hello))).toEqual({ accept: true })
    expect(handshake.of('peer')).toEqual(hello)
    handshake.forget('peer')
    expect(handshake.of('peer')).toBeUndefined()
  })

  it.each<[string, Partial<Hello>]>([
    ['HELLO_WRONG_CHAIN', { chainId: other }],
    ['HELLO_WRONG_GENESIS', { genesisRoot: other }],
    ['HELLO_WRONG_VERSION', { protocolMin: 3 }],
    ['HELLO_WRONG_VERSION', { protocolMin: 0, protocolMax: 0 }],
  ])('tells a stranger what differs: %s', async (code, changes) => {
    const { handshake, hello } = await setUp()
    const verdict = handshake.onHello('peer', encode(helloSchema, { ...hello, ...changes }))
    expect(verdict).toMatchObject({ accept: false, reason: expect.stringMatching(new RegExp(`^${code}: .+`)) })
    expect(handshake.of('peer')).toBeUndefined()
  })

  it.each<[own: number | undefined, theirs: number, common: number]>([
    [undefined, 3, 2],
    [undefined, 1, 1],
    [1, 3, 1],
  ])('speaks the highest version both know: own newest %s, theirs %i', async (own, theirs, common) => {
    const { handshake, hello } = await setUp(true, own)
    expect(handshake.negotiated('peer')).toBe(1)
    handshake.onHello('peer', encode(helloSchema, { ...hello, protocolMax: theirs }))
    expect(handshake.negotiated('peer')).toBe(common)
  })

  it('that speaks version 1 alone refuses who speaks it no longer', async () => {
    const { handshake, hello } = await setUp(true, 1)
    expect(handshake.onHello('peer', encode(helloSchema, { ...hello, protocolMin: 2 }))).toMatchObject({ accept: false })
  })

  it.each<[string, (hello: Bytes) => Bytes]>([
    ['nothing', () => new Uint8Array(0)],
    ['garbage', () => Uint8Array.of(0xc1, 0xff, 0)],
    ['a truncated hello', (hello) => hello.slice(0, -1)],
    ['a hello with more behind it', (hello) => Uint8Array.of(...hello, 0)],
  ])('refuses %s', async (_, spoil) => {
    const { handshake, hello } = await setUp()
    expect(handshake.onHello('peer', spoil(encode(helloSchema, hello)))).toMatchObject({ accept: false })
  })

  it('does not let in whom it parted from', async () => {
    const { handshake, hello } = await setUp(false)
    expect(handshake.onHello('peer', encode(helloSchema, hello))).toEqual({ accept: false, reason: 'HELLO_UNWELCOME' })
  })

  it('does not grow with hellos that lead to no connection', async () => {
    const { handshake, hello } = await setUp()
    for (let peer = 0; peer < 8200; peer++) handshake.onHello(`peer ${peer}`, encode(helloSchema, hello))
    expect(handshake.of('peer 0')).toBeUndefined()
    expect(handshake.of('peer 8199')).toEqual(hello)
  })
})
