import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../e2e/support/until.ts'
import { startAvahi } from '../topology/counterparts/avahi.ts'
import { whyNot } from '../topology/namespaces.ts'
import { foundSynodNetwork } from '../topology/synod-network.ts'
import { openTopology, type Topology } from '../topology/topology.ts'

/** Two nodes of one local network that know nobody, and avahi beside them. */
const without = whyNot('avahi-daemon', 'avahi-browse', 'dbus-daemon')
let topology: Topology

beforeAll(async () => {
  if (without === '') topology = await openTopology('local')
})
afterAll(() => topology?.close())

test.skipIf(without !== '')(
  `neighbours find each other, and avahi finds both${without && ` (skipped: ${without})`}`,
  async () => {
    const router = await topology.router('home', 'port-restricted')
    const hosts = [await topology.host('one', router), await topology.host('two', router)]
    const network = await foundSynodNetwork(topology, { hosts, validators: 1 })
    const [one, two] = network.nodes
    await Promise.all([one!.start(), two!.start()])
    await until('they are peers', async () => (await one!.client.peers()).peers.some(({ id }) => id === two!.peerId), 60_000)
    const avahi = await startAvahi(topology, await topology.host('browsing', router))
    const service = `_synod-${(await one!.client.status()).chainId.slice(0, 8)}._tcp`
    await until(
      'avahi has found both',
      async () => {
        const found = (await avahi.browse(service)).join('\n')
        return hosts.every(({ address }) => found.includes(`;${address};26600;`))
      },
      60_000,
    )
    expect(await avahi.browse('_synod-00000000._tcp')).toEqual([])
  },
)
