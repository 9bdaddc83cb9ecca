import { describe, expect, it } from 'vitest'
import { createNodeWorld, type NodeWorld } from '../../test/engine/node-world.ts'
import { encode } from '../codec/codec.ts'
import { nonceBytes, reachAnswerSchema, reachRequestSchema } from '../peers/reach-message.ts'
import type { DialBackOutcome, Network } from '../ports/network.ts'
import type { Ports } from './ports.ts'

const quiet = { interval_ms: 60_000 }
const reachabilityOf = ({ members }: NodeWorld, index: number) => members[index]?.node().status().reachability

/** One validator, and followers in networks of their own that all dial it and each other. */
function worldOf(followers: number, tamper?: (index: number, ports: Ports) => Ports) {
  return createNodeWorld({ validators: 1, followers, consensus: quiet, autonat: true, ...(tamper && { tamper }) })
}

function withNetwork(ports: Ports, changes: (network: Network) => Partial<Network>): Ports {
  return { ...ports, network: { ...ports.network, ...changes(ports.network) } }
}

/** Nobody gets in: a firewall, or a NAT. Its dialling works. */
const walled = (ports: Ports): Ports =>
  withNetwork(ports, (network) => ({
    start: (handlers) => network.start({ ...handlers, onInbound: () => 'refuse' }),
  }))

/** A server that says it dials, and does not. */
const liar = (ports: Ports, says: DialBackOutcome): Ports => withNetwork(ports, () => ({ dialBack: async () => says }))

describe('whether a node can be reached', () => {
  it('is found out by trying, from several networks', async () => {
    const world = worldOf(3)
    await world.start()
    await world.until(() => [0, 1, 2, 3].every((index) => reachabilityOf(world, index) === 'public'), 60)
    expect(world.members[0]?.node().status().ownAddresses).toMatchObject([{ sources: ['listen'], standing: 'confirmed' }])
    expect(world.members[0]?.counters.get('synod_reach_served_total outcome=reached')).toBeGreaterThan(0)
  })

  it('is denied where nobody gets in, and the address is not told any more', async () => {
    const world = worldOf(5, (index, ports) => (index === 5 ? walled(ports) : ports))
    await world.start()
    await world.until(() => reachabilityOf(world, 5) === 'private', 60)
    expect(world.members[5]?.node().status()).toMatchObject({ addresses: [], ownAddresses: [{ standing: 'failed' }] })
    expect(reachabilityOf(world, 0)).toBe('public')
  })

  it('is not believed of servers that say they dialled, when nobody came', async () => {
    const world = worldOf(5, (index, ports) => (index === 5 ? walled(ports) : liar(ports, 'reached')))
    await world.start()
    await world.run(60)
    expect(reachabilityOf(world, 5)).toBe('unknown')
    expect(world.members[5]?.counters.get('synod_reach_asked_total outcome=unseen')).toBeGreaterThan(2)
  })

  it('is not hidden by servers that say nobody answers, when two come', async () => {
    const world = worldOf(6, (index, ports) => (index >= 2 && index < 6 ? liar(ports, 'unreachable') : ports))
    await world.start()
    await world.until(() => reachabilityOf(world, 6) === 'public', 60)
  })

  it('stays unknown with one other network to ask', async () => {
    const world = worldOf(1)
    await world.start()
    await world.run(60)
    expect(reachabilityOf(world, 0)).toBe('unknown')
  })

  it('costs those who try nothing of their good name', async () => {
    const world = worldOf(3)
    await world.start()
    await world.run(120)
    for (const { machine, counters } of world.members) {
      expect(machine.running?.peers().map(({ standing }) => standing.reasons)).toEqual([[], [], []])
      expect([...counters.keys()].filter((name) => name.startsWith('synod_peers_refused_total'))).toEqual([])
    }
  })

  it('is nobody’s business where it is not wanted', async () => {
    const world = createNodeWorld({ validators: 1, followers: 3, consensus: quiet })
    await world.start()
    await world.run(60)
    expect(world.members.map((_, index) => reachabilityOf(world, index))).toEqual(Array(4).fill('unknown'))
  })
})

describe('a node that tries addresses for others', () => {
  const request = (address: string) =>
    encode(reachRequestSchema, { nonce: new Uint8Array(nonceBytes), address, payment: new Uint8Array(0) })

  it('dials nobody but who asks, and seldom', async () => {
    const networks: Network[] = []
    const dialled: string[] = []
    const world = worldOf(2, (index, ports) => {
      networks[index] = ports.network
      return withNetwork(ports, (network) => ({
        dialBack(address, ...rest) {
          if (index === 0) dialled.push(address)
          return network.dialBack(address, ...rest)
        },
      }))
    })
    await world.start()
    const ask = async (address: string): Promise<string> => {
      try {
        for await (const part of networks[2]?.request('node0', 'reach', request(address), { timeoutMs: 8000 }) ?? []) {
          return JSON.stringify(part.length === encode(reachAnswerSchema, { reached: true }).length)
        }
      } catch (error) {
        return String(error)
      }
      return 'nothing'
    }
    await world.until(() => networks[2]?.peers().length === 2, 10)
    const outcomes: string[] = []
    for (const address of ['sim:1/node1', '/ip4/8.8.8.8/tcp/26600', '/unix/tmp', 'nonsense'])
      void ask(address).then((said) => outcomes.push(said))
    await world.until(() => outcomes.length === 4, 20)
    expect(outcomes).toEqual(Array(4).fill(expect.stringContaining('the peer refused: REQUEST_UNSUPPORTED')))
    expect(dialled.filter((address) => !address.endsWith('node2') && !address.endsWith('node1'))).toEqual([])
    outcomes.length = 0
    for (let count = 0; count < 20; count++) void ask('sim:2/node2').then((said) => outcomes.push(said))
    await world.until(() => outcomes.length === 20, 30)
    expect(outcomes.filter((said) => said.includes('the peer refused')).length).toBeGreaterThanOrEqual(14)
    expect(dialled.filter((address) => address === 'sim:2/node2').length).toBeLessThanOrEqual(7)
  })
})
