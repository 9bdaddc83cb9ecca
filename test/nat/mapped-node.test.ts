import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { StartedRun } from '../e2e/support/run-synod.ts'
import { until } from '../e2e/support/until.ts'
import { type Gateway, startMiniupnpd } from '../topology/counterparts/miniupnpd.ts'
import { whyNot } from '../topology/namespaces.ts'
import { foundSynodNetwork, type HostedNode } from '../topology/synod-network.ts'
import { openTopology, type Router, type Topology } from '../topology/topology.ts'

/** A whole node behind a router that forwards ports on request; its kernel says what is really forwarded. */
const without = whyNot('miniupnpd')
const leaseSeconds = 60

describe.skipIf(without !== '')(`a node behind a gateway${without && ` (skipped: ${without})`}`, () => {
  let topology: Topology
  let router: Router
  let gateway: Gateway
  let outside: HostedNode
  let node: HostedNode
  let run: StartedRun

  beforeAll(async () => {
    topology = await openTopology('mapped')
    router = await topology.router('home', 'port-restricted')
    const hosts = [await topology.host('outside'), await topology.host('inside', router)]
    const network = await foundSynodNetwork(topology, {
      hosts,
      validators: 1,
      settingsOf: ([first]) => ({
        ...(first && { p2p: { peers: [first.address] } }),
        nat: { upnp: true, upnp_lease_seconds: leaseSeconds },
        discovery: { mdns: 'off' },
      }),
    })
    ;[outside, node] = network.nodes as [HostedNode, HostedNode]
    gateway = await startMiniupnpd(topology, router)
    await outside.start()
    run = await node.start()
  }, 200_000)
  beforeEach(({ onTestFailed }) => onTestFailed(() => void process.stderr.write(topology.logs().slice(-20_000))))
  afterAll(() => topology?.close(), 60_000)

  const mapped = { protocol: 'tcp', publicPort: 26_600, port: 26_600 }
  const status = async () => (await node.client.status()).portMapping
  const announced = async () => (await node.client.status()).addresses.join(' ')
  const leaseEnds = async () => (await gateway.leases()).get('tcp 26600') ?? 0

  test('has its port forwarded, tells of it, and is reached by who knows nothing else', async () => {
    await until('the node says that its port is mapped', async () => (await status()) === 'mapped', 60_000)
    expect(await gateway.mappings()).toEqual([{ ...mapped, host: node.host.address }])
    expect(await announced()).toContain(`/ip4/${router.address}/tcp/26600`)
    const stranger = await topology.host('stranger')
    const calls = `require('node:net').connect(26600, '${router.address}', () => { console.log('is let in'); process.exit() })`
    expect((await stranger.run([process.execPath, '-e', calls], 10_000)).stdout).toContain('is let in')
  })

  test('renews its lease long before that ends', async () => {
    const first = await leaseEnds()
    expect(first).toBeLessThanOrEqual(Date.now() / 1000 + leaseSeconds)
    await until('the lease is renewed', async () => (await leaseEnds()) > first, (leaseSeconds * 1000) / 2)
    expect(await gateway.mappings()).toEqual([{ ...mapped, host: node.host.address }])
  })

  test('notices that the gateway has forgotten it, and asks again', async () => {
    await gateway.forget()
    expect(await gateway.mappings()).toEqual([])
    await until('it is mapped again', async () => (await gateway.mappings()).length === 1, 60_000)
    expect(run.output).toContain('the gateway has forgotten a port mapping that it granted')
  })

  test('tells nobody of a mapping that is forgotten again and again', async () => {
    const isMapped = async () => (await gateway.mappings()).length === 1
    for (let times = 0; times < 3; times++) {
      await until('it is mapped', isMapped, 60_000)
      await gateway.forget()
    }
    await until('the node says so', async () => (await status()) === 'forgetful', 60_000)
    expect(await announced()).not.toContain(router.address)
    await until('it stands after all', async () => (await status()) === 'mapped', 60_000)
  })

  test('takes it back when it is told to stop', async () => {
    await node.stop()
    expect(await gateway.mappings()).toEqual([])
    expect(await gateway.leases()).toEqual(new Map())
  })
})
