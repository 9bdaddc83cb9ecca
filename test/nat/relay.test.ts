import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCoturn } from '../topology/counterparts/coturn.ts'
import { whyNot } from '../topology/namespaces.ts'
import type { NatKind } from '../topology/nat-rules.ts'
import { foundSynodNetwork, type HostedNode, type SynodNetwork } from '../topology/synod-network.ts'
import { openTopology, type Topology } from '../topology/topology.ts'

/** Whole nodes behind routers: a relay leads them to each other, and leaves as soon as they have a way of their own. */
const without = whyNot('turnserver')
const skipped = without && ` (skipped: ${without})`

describe.skipIf(without !== '')(`nodes behind NATs${skipped}`, () => {
  let topology: Topology
  let network: SynodNetwork
  let relay: HostedNode
  let stun: string

  beforeAll(async () => {
    topology = await openTopology('relay')
    const server = await topology.host('stun')
    await startCoturn(topology, server)
    stun = `${server.address}:3478`
    const hosts = [await topology.host('relay')]
    network = await foundSynodNetwork(topology, { hosts, validators: 1, settingsOf: () => ({ nat: { relay_server: 'on' } }) })
    relay = network.nodes[0] as HostedNode
    await relay.start()
  })
  afterAll(() => topology?.close())

  async function behind(kind: NatKind, name: string, peers: readonly string[]): Promise<HostedNode> {
    const host = await topology.host(name, await topology.router(`${name}-router`, kind))
    const node = await network.add(host, {
      p2p: { peers: [relay.address, ...peers] },
      nat: { relay_client: 'on', stun_servers: [stun] },
    })
    await node.start()
    return node
  }

  const through = ({ peerId }: HostedNode) => `${relay.address}/p2p-circuit/p2p/${peerId}`
  const transportTo = async (from: HostedNode, to: HostedNode) => {
    const { peers } = await from.client.peers()
    return peers.find(({ id }) => id === to.peerId)?.transport
  }

  /** How long it took until the one reached the other as is wanted, ms. */
  async function connected(from: HostedNode, to: HostedNode, wanted: string): Promise<number> {
    const startedAt = performance.now()
    const seen = new Set<string>()
    await expect
      .poll(
        async () => {
          const transport = await transportTo(from, to)
          if (transport) seen.add(transport)
          return transport
        },
        { timeout: 60_000, interval: 50, message: `the transports seen: ${[...seen].join(', ')}` },
      )
      .toBe(wanted)
    return performance.now() - startedAt
  }

  test('two that filter by port are connected directly, by way of the relay', async () => {
    const bob = await behind('port-restricted', 'bob', [])
    await expect.poll(async () => (await bob.client.status()).addresses.join(), { timeout: 30_000 }).toContain('p2p-circuit')
    const alice = await behind('port-restricted', 'alice', [through(bob)])
    expect(await connected(alice, bob, 'webrtc')).toBeLessThan(5_000)
    expect(await transportTo(bob, alice)).toBe('webrtc')
  }, 240_000)

  test('two that give every destination a port of its own stay on the relay, and follow the chain', async () => {
    const dora = await behind('symmetric', 'dora', [])
    await expect.poll(async () => (await dora.client.status()).addresses.join(), { timeout: 30_000 }).toContain('p2p-circuit')
    const carol = await behind('symmetric', 'carol', [through(dora)])
    await connected(carol, dora, 'relay')
    const height = (await relay.client.status()).height
    await expect.poll(async () => (await carol.client.status()).height, { timeout: 60_000 }).toBeGreaterThan(height)
    expect(await transportTo(carol, dora)).toBe('relay')
  }, 240_000)
})
