import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { sameHistory } from '../e2e/support/kill-cycle.ts'
import { until } from '../e2e/support/until.ts'
import { loadRules, whyNot } from '../topology/namespaces.ts'
import { foundSynodNetwork, type HostedNode, startInTurns, timeUntil } from '../topology/synod-network.ts'
import { openTopology, type Topology } from '../topology/topology.ts'

/** Nodes in namespaces of their own, on links that lose, delay, or carry nothing. */
const without = whyNot()
const skipped = without && ` (skipped: ${without})`
const delayLink = fileURLToPath(new URL('./support/delay-link.ts', import.meta.url))
let topology: Topology | undefined

afterEach(async () => {
  await topology?.close()
  topology = undefined
})

const heightOf = async ({ client }: HostedNode): Promise<number> => (await client.status()).height
const heightsOf = (nodes: readonly HostedNode[]): Promise<readonly number[]> => Promise.all(nodes.map(heightOf))

/** A table with one rule on what arrives. */
function inputRules(table: string, rule: string): string {
  return `table inet ${table} {
  chain input {
    type filter hook input priority 0
    ${rule}
  }
}
`
}

/** Drops what arrives from these addresses until it is lifted. */
async function cutOff(nodes: readonly HostedNode[], from: readonly HostedNode[]): Promise<() => Promise<void>> {
  const addresses = from.map(({ host }) => host.address).join(', ')
  const rules = inputRules('partition', `ip saddr { ${addresses} } drop`)
  await Promise.all(nodes.map(({ host }) => loadRules(host.namespace, rules)))
  return async () => {
    await Promise.all(nodes.map(({ host }) => loadRules(host.namespace, 'delete table inet partition')))
  }
}

describe.skipIf(without !== '')(`on bad roads${skipped}`, () => {
  test('three blocks come over a link of 200 ms that loses 5 % of its packets in less than 10 s', async () => {
    topology = await openTopology('badlink')
    const network = await foundSynodNetwork(topology, { hosts: [await topology.host('one')], validators: 1 })
    const [validator] = network.nodes
    await validator!.start()
    const road = await topology.host('road')
    const way = ['200', validator!.host.address, '26600']
    await road.start([process.execPath, delayLink, '26600', ...way], async ({ output }) => output.includes('ready'))
    await loadRules(road.namespace, inputRules('loss', 'numgen random mod 100 < 5 drop'))
    const address = validator!.address.replace(validator!.host.address, road.address)
    const far = await network.add(await topology.host('far'), { p2p: { peers: [address] } })
    await far.start()
    await until('it is connected', async () => (await far.client.peers()).peers.length > 0, 60_000)
    const before = await heightOf(far)
    const tookMs = await timeUntil('three blocks have come', async () => (await heightOf(far)) >= before + 3, 30_000)
    expect(tookMs).toBeLessThan(10_000)
  })

  test('seven nodes that were parted have one history in less than 10 s', async () => {
    topology = await openTopology('parted')
    const hosts = []
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) hosts.push(await topology.host(name))
    const settingsOf = (before: readonly HostedNode[]) => ({ p2p: { peers: before.map(({ address }) => address) } })
    const { nodes } = await foundSynodNetwork(topology, { hosts, validators: 7, settingsOf })
    await startInTurns(nodes)
    await until('blocks are made', async () => Math.min(...(await heightsOf(nodes))) >= 3, 60_000)
    const many = nodes.slice(0, 5)
    const few = nodes.slice(5)
    const heal = await cutOff(nodes.slice(5), many)
    const before = Math.max(...(await heightsOf(nodes)))
    await until('most of them go on', async () => Math.min(...(await heightsOf(many))) >= before + 8, 60_000)
    expect(Math.max(...(await heightsOf(few)))).toBeLessThan(before + 3)
    await heal()
    const goal = Math.max(...(await heightsOf(many))) + 1
    const tookMs = await timeUntil(
      'all have what the others made',
      async () => Math.min(...(await heightsOf(nodes))) >= goal,
      60_000,
    )
    await sameHistory(nodes, goal, Math.max(1, before - 1))
    expect(tookMs).toBeLessThan(10_000)
  })
})
