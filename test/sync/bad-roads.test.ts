import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { sameHistory } from '../e2e/support/kill-cycle.ts'
import { stays, until } from '../e2e/support/until.ts'
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
/** Longer than a block takes. */
const quietMs = 3000
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

  test('seven nodes that were parted have one history in less than 10 s, whether most went on or nobody could', async () => {
    topology = await openTopology('parted')
    const hosts = []
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) hosts.push(await topology.host(name))
    const settingsOf = (before: readonly HostedNode[]) => ({ p2p: { peers: before.map(({ address }) => address) } })
    const { nodes } = await foundSynodNetwork(topology, { hosts, validators: 7, settingsOf })
    await startInTurns(nodes)
    await until('blocks are made', async () => Math.min(...(await heightsOf(nodes))) >= 3, 60_000)
    await partAndHeal(nodes, 5, async (many, before) => {
      await until('most of them go on', async () => Math.min(...(await heightsOf(many))) >= before + 8, 60_000)
      expect(Math.max(...(await heightsOf(nodes.slice(5))))).toBeLessThan(before + 3)
    })
    // Four of seven are no quorum, so their round does not even end.
    await partAndHeal(nodes, 4, async () => {
      await until(
        'nobody goes on',
        () => stays('the heights', async () => (await heightsOf(nodes)).join(' '), quietMs).catch(() => false),
        60_000,
      )
    })
  })
})

/** Parts the first nodes from the others while `parted` runs; then all have one history, with a new block, in less than 10 s. */
async function partAndHeal(
  nodes: readonly HostedNode[],
  count: number,
  parted: (many: readonly HostedNode[], before: number) => Promise<void>,
): Promise<void> {
  const many = nodes.slice(0, count)
  const before = Math.max(...(await heightsOf(nodes)))
  const heal = await cutOff(nodes.slice(count), many)
  await parted(many, before)
  await heal()
  const goal = Math.max(...(await heightsOf(many))) + 1
  const caughtUp = async () => Math.min(...(await heightsOf(nodes))) >= goal
  const tookMs = await timeUntil('all have what the others made, and a block of all', caughtUp, 60_000)
  await sameHistory(nodes, goal, Math.max(1, before - 1))
  expect(tookMs).toBeLessThan(10_000)
}
