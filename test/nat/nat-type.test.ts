import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NatBehaviour } from '../../src/peers/nat-behaviour.ts'
import type { NatReports } from '../../src/ports/stun.ts'
import { type Behaviour, oracleSays, startCoturn } from '../topology/counterparts/coturn.ts'
import { whyNot } from '../topology/namespaces.ts'
import type { NatKind } from '../topology/nat-rules.ts'
import { type Host, openTopology, type Topology } from '../topology/topology.ts'

/** Our STUN client and coturn's own, side by side behind the same routers, asking the same servers. */
const without = whyNot('turnserver', 'turnutils_natdiscovery')
const explorer = fileURLToPath(new URL('./explore-nat.ts', import.meta.url))
const words: Readonly<Record<NonNullable<Behaviour>, NatBehaviour>> = {
  'Endpoint Independent': 'endpoint-independent',
  'Address Dependent': 'address-dependent',
  'Address and Port Dependent': 'address-and-port-dependent',
}

describe.skipIf(without !== '')(`the kind of NAT${without && ` (skipped: ${without})`}`, () => {
  let topology: Topology
  let servers: readonly Host[]

  beforeAll(async () => {
    topology = await openTopology('nat-type')
    servers = [await topology.host('stun1'), await topology.host('stun2')]
    for (const server of servers) await startCoturn(topology, server)
  })
  afterAll(() => topology?.close())

  const explore = async (host: Host, names = servers.map(({ address }) => address)): Promise<NatReports> => {
    const { stdout, stderr } = await host.run([process.execPath, explorer, ...names], 60_000)
    expect(stderr).toBe('')
    return JSON.parse(stdout) as NatReports
  }

  test.each<[NatKind, string]>([
    ['full-cone', 'full-cone'],
    ['port-restricted', 'port-restricted'],
    ['symmetric', 'symmetric'],
  ])('behind a router that is %s both say so', async (kind, type) => {
    const router = await topology.router(kind, kind)
    const host = await topology.host(`behind-${kind}`, router)
    const { ipv4 } = await explore(host)
    expect(ipv4).toMatchObject({ type, publicHost: router.address, asked: 2, answered: 2, contradicting: 0 })
    const oracle = await oracleSays(host, servers[0]!.address)
    expect(ipv4).toMatchObject({ mapping: words[oracle.mapping!], filtering: words[oracle.filtering!] })
  })

  test('with a public address it is open', async () => {
    const host = await topology.host('public')
    expect((await explore(host)).ipv4).toMatchObject({ type: 'open', mapping: 'none', publicHost: host.address })
  })

  test('where UDP is dropped it is blocked', async () => {
    const host = await topology.host('cut-off')
    await host.run([
      'nft',
      'add table inet cut; add chain inet cut out { type filter hook output priority 0; }; add rule inet cut out meta l4proto udp drop',
    ])
    expect((await explore(host)).ipv4).toMatchObject({ type: 'blocked', answered: 0 })
  })
})
