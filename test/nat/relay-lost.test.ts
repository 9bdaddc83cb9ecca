import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest'
import type { StartedRun } from '../e2e/support/run-synod.ts'
import { until } from '../e2e/support/until.ts'
import { ip, whyNot } from '../topology/namespaces.ts'
import { foundSynodNetwork, type HostedNode, type SynodNetwork, startInTurns, timeUntil } from '../topology/synod-network.ts'
import { type Host, openTopology, type Topology } from '../topology/topology.ts'

/** Nobody says who relays: nodes find out who can be reached and who cannot, and a node that cannot keeps two relays, whatever becomes of them. */
const without = whyNot()
const publicNodes = 5
const replacedWithinMs = 60_000

describe.skipIf(without !== '')(`a node that nobody can reach${without && ` (skipped: ${without})`}`, () => {
  let topology: Topology
  let network: SynodNetwork
  let bob: HostedNode
  const runs = new Map<HostedNode, StartedRun>()

  beforeAll(async () => {
    topology = await openTopology('lost')
    const hosts: Host[] = []
    for (let index = 0; index < publicNodes; index++) hosts.push(await topology.host(`node${index}`))
    network = await foundSynodNetwork(topology, {
      hosts,
      validators: 1,
      settingsOf: (before) => ({ p2p: { peers: before.map(({ address }) => address) } }),
    })
    await startInTurns(network.nodes.map((node) => ({ ...node, start: async () => keep(node, await node.start()) })))
    const inside = await topology.host('bob', await topology.router('home', 'port-restricted'))
    bob = await network.add(inside, { p2p: { peers: network.nodes.map(({ address }) => address) } })
    await bob.start()
  }, 200_000)
  beforeEach(({ onTestFailed }) => onTestFailed(() => void process.stderr.write(topology.logs().slice(-20_000))))
  afterAll(() => topology?.close(), 60_000)

  function keep(node: HostedNode, run: StartedRun): StartedRun {
    runs.set(node, run)
    return run
  }

  const circuits = async () => (await bob.client.status()).addresses.filter((address) => address.includes('/p2p-circuit'))
  async function relays(): Promise<readonly HostedNode[]> {
    const addresses = (await circuits()).join(' ')
    return network.nodes.filter(({ peerId }) => addresses.includes(`/p2p/${peerId}/p2p-circuit`))
  }
  /** Two stand, and none of them is one that was lost. */
  const hasTwoWithout = async (...lost: readonly HostedNode[]) => {
    const held = await relays()
    return held.length === 2 && !held.some((relay) => lost.includes(relay))
  }

  /** A node that knows nothing but this way. */
  async function reachedBy(name: string, address: string): Promise<void> {
    const stranger = await network.add(await topology.host(name), {
      p2p: { peers: [address] },
      discovery: { dht: 'off', peer_exchange: false },
    })
    await stranger.start()
    const isThere = async () => (await stranger.client.peers()).peers.some(({ id }) => id === bob.peerId)
    await until(`${name} is connected to it`, isThere, 60_000)
    await stranger.stop()
  }

  test('finds that out, and two relays, by itself', async () => {
    await until('it knows that it cannot be reached', async () => (await bob.client.status()).reachability === 'private', 120_000)
    await until('it has two relays', hasTwoWithout, 60_000)
    await reachedBy('early', (await circuits())[0] as string)
  }, 240_000)

  test('replaces a relay that is killed, and is reached over the new one', async () => {
    const [killed, other] = (await relays()) as [HostedNode, HostedNode]
    await runs.get(killed)?.kill('SIGKILL')
    const ms = await timeUntil('it has two again', () => hasTwoWithout(killed), replacedWithinMs)
    process.stdout.write(`${JSON.stringify({ killedRelayReplacedMs: ms })}\n`)
    const fresh = (await relays()).find((relay) => relay !== other) as HostedNode
    const [address] = (await circuits()).filter((each) => each.includes(fresh.peerId))
    await reachedBy('late', address as string)
  }, 240_000)

  test('replaces one whose network is gone without a word', async () => {
    const [silent] = (await relays()) as [HostedNode]
    await ip('-n', silent.host.namespace, 'link', 'set', 'eth0', 'down')
    const ms = await timeUntil('it has two again', () => hasTwoWithout(silent), replacedWithinMs)
    process.stdout.write(`${JSON.stringify({ silentRelayReplacedMs: ms })}\n`)
  }, 240_000)
})
