/** Nodes of version 1 and 2 of the node-to-node protocol over real connections: each talks as both can. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { benchSeed, createBenchChain } from '../cli/bench/consensus/bench-chain.ts'
import { defaultMempoolLimits } from '../mempool/mempool-limits.ts'
import { silence } from '../ports/telemetry.ts'
import { utf8 } from '../primitives/bytes.ts'
import { type RunningNode, startNode } from './start-node.ts'

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

const chain = createBenchChain('unsigned', Date.now(), { validators: 1 })

async function start(index: number, version: number, peers: readonly RunningNode[]) {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'synod-versions-'))
  stops.push(() => rm(dataDirectory, { recursive: true, force: true }))
  const counted = new Map<string, number>()
  const running = await startNode({
    dataDirectory,
    spec: chain.spec,
    application: chain.application,
    listen: [`/ip4/127.0.${20 + index}.1/tcp/0`],
    dialFrom: `127.0.${20 + index}.1`,
    peers: peers.map(({ node }) => node.status().addresses[0] as string),
    security: ['tls'],
    requireHybrid: false,
    transports: ['tcp'],
    peerKeySeed: benchSeed('peer', index),
    validatorKeySeed: index === 0 ? benchSeed('validator', 0) : undefined,
    mempool: defaultMempoolLimits,
    stateVersionsKept: 10,
    doppelgangerWaitMs: 0,
    verifierWorkers: 1,
    telemetry: { ...silence, count: (name, by = 1) => void counted.set(name, (counted.get(name) ?? 0) + by) },
    agent: 'synod-test',
    traceMessages: 0,
    protocolVersionMax: version,
  })
  stops.push(() => running.stop())
  return { ...running, counted }
}

const eventually = (condition: () => boolean | Promise<boolean>) => vi.waitUntil(condition, { timeout: 60_000, interval: 20 })

it('old and new nodes make a chain together, and only new ones compare mempools', { timeout: 180_000 }, async () => {
  const validator = await start(0, 2, [])
  const old = await start(1, 1, [validator])
  await eventually(() => old.node.peers().length === 1)
  const [submitted] = await old.node.submit([utf8('from the old one')])
  if (!submitted?.ok) throw new Error('refused')
  for (const { node } of [validator, old]) await eventually(async () => (await node.transaction(submitted.value)) !== undefined)
  expect([validator, old].map(({ counted }) => counted.get('synod_reconciliations_total'))).toEqual([undefined, undefined])

  const fresh = await start(2, 2, [validator, old])
  await eventually(() => fresh.node.peers().length === 2)
  const [second] = await fresh.node.submit([utf8('from the new one')])
  if (!second?.ok) throw new Error('refused')
  for (const { node } of [validator, old, fresh])
    await eventually(async () => (await node.transaction(second.value)) !== undefined)
  await eventually(() => [validator, fresh].some(({ counted }) => (counted.get('synod_reconciliations_total') ?? 0) > 0))
  expect(old.counted.get('synod_reconciliations_total')).toBeUndefined()
})
