import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { createClient } from '../../src/client/client.ts'
import { until } from '../e2e/support/until.ts'
import { whyNot } from '../topology/namespaces.ts'
import { foundSynodNetwork, type HostedNode } from '../topology/synod-network.ts'
import { openTopology, type Topology } from '../topology/topology.ts'

/** What goes over relays: votes of validators of which no two can connect to each other, and who knows another relay than one's own. */
const without = whyNot()

describe.skipIf(without !== '')(`over relays${without && ` (skipped: ${without})`}`, () => {
  const opened: Topology[] = []
  const open = async (name: string) => {
    const topology = await openTopology(name)
    opened.push(topology)
    return topology
  }
  beforeEach(({ onTestFailed }) => onTestFailed(() => void process.stderr.write(opened.at(-1)?.logs().slice(-20_000) ?? '')))
  afterAll(() => Promise.all(opened.map((topology) => topology.close())), 60_000)

  const transportTo = async (from: HostedNode, to: HostedNode) =>
    (await from.client.peers()).peers.find(({ id }) => id === to.peerId)?.transport
  const heightOf = async ({ client }: HostedNode) => (await client.status()).height

  test('two validators behind symmetric NATs, neither of which is enough, make blocks', async () => {
    const topology = await open('votes')
    const [left, right] = [await topology.router('left', 'symmetric'), await topology.router('right', 'symmetric')]
    const hosts = [await topology.host('one', left), await topology.host('two', right), await topology.host('relay')]
    const network = await foundSynodNetwork(topology, {
      hosts,
      validators: 2,
      settingsOf: (before) => ({ nat: before.length === 2 ? { relay_server: 'on' } : { relay_client: 'on' } }),
    })
    const [one, two, relay] = network.nodes as [HostedNode, HostedNode, HostedNode]
    await relay.start()
    // Each dials the relay; which of them dials the other is left to them.
    for (const node of [one, two]) await node.start(['--set', `p2p.peers=${relay.address}`])
    await until('they are connected', async () => (await transportTo(one, two)) === 'relay', 60_000)
    const height = await heightOf(one)
    await until('there are five more blocks', async () => (await heightOf(two)) > height + 5, 60_000)
    expect([await transportTo(one, two), await transportTo(two, one)]).toEqual(['relay', 'relay'])
    const operatorToken = (await readFile(join(one.home, 'operator-token'), 'utf8')).trim()
    const { peers } = await createClient(one.url, { operatorToken }).operator.net()
    const { consensus } = peers.find(({ id }) => id === two.peerId)!.traffic.classes
    expect(consensus.bytesIn).toBeGreaterThan(1000)
  }, 240_000)

  test('a node whose own relay is another one reaches a node through that node’s relay, which it meets on the way', async () => {
    const topology = await open('steps')
    const hosts = [await topology.host('here'), await topology.host('there')]
    const network = await foundSynodNetwork(topology, {
      hosts,
      validators: 1,
      settingsOf: (before) => ({
        p2p: { peers: before.map(({ address }) => address), outbound_target: 0 },
        nat: { relay_server: 'on' },
      }),
    })
    const [here, there] = network.nodes as [HostedNode, HostedNode]
    for (const node of network.nodes) await node.start()
    const behind = async (name: string, relay: HostedNode, relayed: string, peers: readonly string[]) => {
      const host = await topology.host(name, await topology.router(`${name}-router`, 'symmetric'))
      const nat = { relay_client: relayed, relays: [relay.address] }
      const node = await network.add(host, { p2p: { peers, outbound_target: 0 }, nat })
      await node.start()
      return node
    }
    const bob = await behind('bob', there, 'on', [there.address])
    const throughThere = `/p2p/${there.peerId}/p2p-circuit/p2p/${bob.peerId}`
    await until('bob is led to', async () => (await bob.client.status()).addresses.join().includes(throughThere), 60_000)
    const alice = await behind('alice', here, 'off', [here.address, `${there.address.replace(/\/p2p\/.*/, '')}${throughThere}`])
    await until('alice has reached bob', async () => (await transportTo(alice, bob)) === 'relay', 120_000)
    const height = await heightOf(here)
    await until('both follow the chain', async () => {
      const heights = await Promise.all([alice, bob].map(heightOf))
      return heights.every((each) => each > height)
    })
    expect(await transportTo(bob, alice)).toBe('relay')
  }, 240_000)
})
