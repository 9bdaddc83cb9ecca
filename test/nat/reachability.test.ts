import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../e2e/support/until.ts'
import { whyNot } from '../topology/namespaces.ts'
import type { NatKind } from '../topology/nat-rules.ts'
import { foundSynodNetwork, quiet, type SynodNetwork, startInTurns } from '../topology/synod-network.ts'
import { type Host, openTopology, type Topology } from '../topology/topology.ts'

/** Nodes on public addresses try those of others, and each learns whether strangers can connect to it. */
const without = whyNot()
const publicNodes = 5

describe.skipIf(without !== '')(`what peers say of reachability${without && ` (skipped: ${without})`}`, () => {
  let topology: Topology
  let network: SynodNetwork

  beforeAll(async () => {
    topology = await openTopology('reach')
    const hosts: Host[] = []
    for (let index = 0; index < publicNodes; index++) hosts.push(await topology.host(`node${index}`))
    network = await foundSynodNetwork(topology, {
      hosts,
      validators: 1,
      settingsOf: (before) => ({ ...quiet, p2p: { peers: before.map(({ address }) => address) } }),
    })
    await startInTurns(network.nodes)
  }, 200_000)
  beforeEach(({ onTestFailed }) => onTestFailed(() => void process.stderr.write(topology.logs().slice(-20_000))))
  afterAll(() => topology?.close(), 60_000)

  test.each<[NatKind | 'none', 'public' | 'private']>([
    ['none', 'public'],
    ['full-cone', 'public'],
    ['port-restricted', 'private'],
    ['symmetric', 'private'],
  ])('behind %s: %s', async (kind, expected) => {
    const router = kind === 'none' ? undefined : await topology.router(kind, kind)
    const host = await topology.host(`asks-${kind}`, router)
    const node = await network.add(host, { ...quiet, p2p: { peers: network.nodes.map(({ address }) => address) } })
    const began = performance.now()
    const run = await node.start()
    const change = /"reachability":"(public|private)".*how this node is reached has changed/
    const said = await until('peers have tried its addresses', async () => change.exec(run.output)?.[1], 90_000)
    process.stdout.write(`${JSON.stringify({ kind, reachability: said, ms: Math.round(performance.now() - began) })}\n`)
    expect(said).toBe(expected)
    await node.stop()
  })
})
