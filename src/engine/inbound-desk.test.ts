import { describe, expect, it } from 'vitest'
import { type ConnectionLimits, defaultConnectionLimits } from '../peers/connection-limits.ts'
import type { Network, PeerInfo } from '../ports/network.ts'
import { silence } from '../ports/telemetry.ts'
import { createRandom, createSimulatedEntropy } from '../simulator/random.ts'
import { createScheduler, createSimulatedClock } from '../simulator/scheduler.ts'
import { createInboundDesk } from './inbound-desk.ts'
import { createNodeEvents } from './node-events.ts'
import { createPeerJudge } from './peer-judge.ts'
import { createPeerRegister } from './peer-register.ts'
import type { Ports } from './ports.ts'
import { openReputation } from './reputation.ts'

async function setUp(limits: Partial<ConnectionLimits> = {}, staked: readonly string[] = []) {
  const scheduler = createScheduler(0)
  const clock = createSimulatedClock(scheduler, () => 0)
  const peers = new Map<string, PeerInfo>()
  const left: string[] = []
  const cut: number[] = []
  const network = {
    peers: () => [...peers.values()],
    pause: () => undefined,
    cut: (id: number) => void cut.push(id),
    disconnect(id: string) {
      const peer = peers.get(id)
      if (!peer) return
      peers.delete(id)
      left.push(id)
      register.part(id)
      desk.part(peer)
      desk.handlers.onInboundEnded({ id: peer.connectionId, host: peer.host })
    },
  } as unknown as Network
  const disk = { readSmall: async () => undefined, writeSmall: async () => undefined }
  const entropy = createSimulatedEntropy(createRandom(1n))
  const ports = { clock, disk, network, entropy, telemetry: silence } as unknown as Ports
  const reputation = await openReputation(ports, { allow: ['10.99.0.0/16'], deny: ['10.66.0.0/16'] })
  const register = createPeerRegister({ ports, reputation })
  const judge = createPeerJudge({ ports, reputation, register, events: createNodeEvents() })
  const desk = createInboundDesk({
    ports,
    reputation,
    register,
    judge,
    limits: { ...defaultConnectionLimits, total: 30, outboundTarget: 0, reserved: 5, ...limits },
    isStaked: (peer) => staked.includes(peer),
    isOpen: () => true,
    onRefused: () => undefined,
  })
  let connections = 0
  return {
    desk,
    judge,
    register,
    peers,
    left,
    cut,
    knock: (host: string) => desk.handlers.onInbound({ id: ++connections, host }),
    /** Comes in through the door, and says hello. */
    come(id: string, host: string): boolean {
      const connectionId = ++connections
      if (desk.handlers.onInbound({ id: connectionId, host }) === 'refuse') return false
      const at = {
        address: '',
        connectedAt: connections,
        latencyMs: undefined,
        protection: '',
        transport: 'tcp',
        relayed: false,
      } as const
      const peer: PeerInfo = { ...at, id, host, connectionId, direction: 'inbound' }
      peers.set(id, peer)
      register.meet(peer)
      return desk.meet(peer)
    },
    run: (ms: number) => scheduler.run(scheduler.now() + ms),
  }
}

describe('the door', () => {
  it('refuses whom the operator denies, and takes any number of whom the operator allows', async () => {
    const { come, knock } = await setUp()
    expect(knock('10.66.1.1')).toBe('refuse')
    for (let index = 0; index < 20; index++) expect(come(`friend ${index}`, '10.99.0.1')).toBe(true)
    for (let index = 0; index < 3; index++) expect(come(`other ${index}`, '10.1.0.1')).toBe(true)
    expect(come('other 3', '10.1.0.1')).toBe(false)
  })

  it('closes to an address whose identities are banned, and to no other', async () => {
    const { come, knock, judge } = await setUp()
    for (let index = 0; index < 3; index++) {
      expect(come(`liar ${index}`, '10.1.0.1')).toBe(true)
      judge.offend(`liar ${index}`, 'signature', 'SIGNATURE_INVALID')
    }
    expect(knock('10.1.0.1')).toBe('refuse')
    expect(knock('10.1.0.2')).toBe('admit')
  })

  it('stays open to an address from which somebody with a good name is connected', async () => {
    const { come, knock, judge, register } = await setUp()
    come('neighbour', '127.0.0.1')
    register.praise('neighbour', 'batch-useful')
    for (let index = 0; index < 10; index++) {
      come(`liar ${index}`, '127.0.0.1')
      judge.offend(`liar ${index}`, 'signature', 'SIGNATURE_INVALID')
    }
    expect(knock('127.0.0.1')).toBe('admit')
  })

  it('closes to handshakes that lead nowhere, and does not send away who is there', async () => {
    const { come, knock, desk, left, run } = await setUp()
    come('neighbour', '10.1.0.1')
    for (let count = 0; count < 11; count++) desk.handlers.onStranger({ id: 1000 + count, host: '10.1.0.1' }, 'no hello')
    expect(knock('10.1.0.1')).toBe('refuse')
    expect(left).toEqual([])
    await run(10 * 60_000)
    expect(knock('10.1.0.1')).toBe('admit')
  })

  it('closes to those who owe a proof and let it wait', async () => {
    const { knock, desk } = await setUp()
    for (let count = 0; count < 11; count++) desk.handlers.onStranger({ id: 1000 + count, host: '10.1.0.1' }, 'no proof')
    expect(knock('10.1.0.1')).toBe('refuse')
  })

  it('stays open to an address in whose name datagrams come', async () => {
    const { knock, desk } = await setUp()
    const borrowed = { host: '10.1.0.1', kind: 'datagram' } as const
    for (let id = 1000; id < 1500; id++) {
      desk.handlers.onInbound({ id, ...borrowed })
      desk.handlers.onStranger({ id, ...borrowed }, 'slow handshake')
      desk.handlers.onStranger({ id, ...borrowed }, 'broken handshake')
    }
    expect(knock('10.1.0.1')).toBe('admit')
  })

  it('closes to whoever is silent once its datagrams have led to an encrypted connection', async () => {
    const { knock, desk } = await setUp()
    for (let id = 1000; id < 1011; id++) desk.handlers.onStranger({ id, host: '10.1.0.1', kind: 'datagram' }, 'no hello')
    expect(knock('10.1.0.1')).toBe('refuse')
  })

  it('cuts a handshake of the network that has most of them for one that comes from elsewhere', async () => {
    const { knock, cut } = await setUp({ handshakes: 4 })
    for (let index = 1; index <= 4; index++) expect(knock(`10.5.0.${index}`)).toBe('admit')
    expect(knock('10.6.0.1')).toBe('admit')
    expect(cut).toEqual([1])
  })

  it('bears connections that are merely closed', async () => {
    const { knock, desk } = await setUp({ perHostMinute: 1000 })
    for (let count = 0; count < 100; count++) desk.handlers.onStranger({ id: 1000 + count, host: '10.1.0.1' }, 'cut handshake')
    expect(knock('10.1.0.1')).toBe('admit')
  })
})

describe('when there is no room', () => {
  const fromEverywhere = (index: number) => `10.${index + 100}.0.1`

  it('an attacker in one network cannot take the places of peers in many', async () => {
    const { come, peers } = await setUp({ perSubnet: 1000, perHost: 1000, perHostMinute: 1000 })
    for (let index = 0; index < 25; index++) expect(come(`honest ${index}`, fromEverywhere(index))).toBe(true)
    for (let index = 0; index < 200; index++) come(`attacker ${index}`, `10.5.${index}.1`)
    const honest = [...peers.keys()].filter((id) => id.startsWith('honest'))
    expect(honest.length).toBeGreaterThanOrEqual(24)
    expect(peers.size).toBeLessThanOrEqual(25)
  })

  it('staked peers have places of their own', async () => {
    const staked = Array.from({ length: 5 }, (_, index) => `staked ${index}`)
    const { come, peers } = await setUp({}, staked)
    for (let index = 0; index < 40; index++) come(`common ${index}`, fromEverywhere(index))
    expect(peers.size).toBe(25)
    for (const [index, id] of staked.entries()) expect(come(id, `10.1.${index}.1`)).toBe(true)
    expect(peers.size).toBe(30)
    expect(staked.every((id) => peers.has(id))).toBe(true)
  })
})
