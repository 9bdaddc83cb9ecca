import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePorts } from '../../devnet/free-ports.ts'
import { percentile } from '../../percentile.ts'
import { type Figure, figure } from '../figure.ts'
import { foundLoopbackNetwork, type LoopbackNetwork, type LoopbackNode } from './loopback-network.ts'

const launcher = fileURLToPath(new URL('../../../../bin/synod.js', import.meta.url))
const zone = 'seed.test'
const atOnce = 2
const newcomers = 3
const idleSeconds = 10
const patienceMs = 120_000
/** A seed that serves so many is of use; the smallest network of the bench has them. */
const seedKnows = 5

/**
 * Nodes, each a process, a `synod dns-seed` that crawls them, and newcomers that know nothing but the seed's name: how long until one
 * answers by HTTP, has four peers, is where the chain was when it started, and is known to everybody. The medians of three, one after
 * the other.
 */
export async function benchNewcomer(count: number, onProgress: (line: string) => void): Promise<readonly Figure[]> {
  const network = await foundLoopbackNetwork(count)
  let seed: ChildProcess | undefined
  try {
    await startInTurns(network.nodes)
    await until(async () => (await heightOf(network.nodes[0] as LoopbackNode)) > 2)
    onProgress(`${count} nodes, each a process`)
    const [port, metricsPort] = await freePorts(2, 31_700, () => network.spareHost)
    const server = `${network.spareHost}:${port}`
    seed = await startSeed(network, server, `${network.spareHost}:${metricsPort}`)
    await until(async () => (await goodAt(`http://${network.spareHost}:${metricsPort}`)) >= seedKnows)
    await until(async () => (await Promise.all(network.nodes.map(knownTo))).every((known) => known >= count - 1))
    onProgress('a DNS seed serves them, and they know each other')
    const idleCoreShare = await idleShare(network.nodes)
    const arrivals: Arrival[] = []
    for (let turn = 0; turn < newcomers; turn++) arrivals.push(await arrive(network, server))
    const median = (name: keyof Arrival) =>
      percentile(
        arrivals.map((arrival) => arrival[name]),
        0.5,
      ) ?? Number.NaN
    return [
      figure('dnsOnlyNodes', count, 'nodes'),
      figure('dnsOnlyListenMs', median('answersMs'), 'ms'),
      figure('dnsOnlyFourPeersMs', median('fourPeersMs'), 'ms'),
      figure('dnsOnlyTipMs', median('tipMs'), 'ms'),
      figure('dnsOnlyKnownToAllMs', median('knownMs'), 'ms'),
      figure('dnsOnlyIdleCoreShare', idleCoreShare, 'of a core'),
    ]
  } finally {
    seed?.kill('SIGKILL')
    await network.stop()
  }
}

interface Arrival {
  readonly answersMs: number
  readonly fourPeersMs: number
  readonly tipMs: number
  readonly knownMs: number
}

async function arrive(network: LoopbackNetwork, resolver: string): Promise<Arrival> {
  const { nodes } = network
  const node = await network.add({ dns_seeds: [zone], resolvers: [resolver] })
  const tip = await heightOf(nodes[0] as LoopbackNode)
  const knownBefore = await Promise.all(nodes.map(knownTo))
  const began = performance.now()
  const timeUntil = async (holds: () => Promise<boolean>) => {
    await until(holds)
    return performance.now() - began
  }
  await node.start()
  const answersMs = await timeUntil(async () => (await heightOf(node)) >= 0)
  const [fourPeersMs, tipMs, ...knownMs] = await Promise.all([
    timeUntil(async () => (await node.client.peers()).peers.length >= 4),
    timeUntil(async () => (await heightOf(node)) >= tip),
    ...nodes.map((other, index) =>
      timeUntil(async () => (await isPeer(other, node)) || (await knownTo(other)) > (knownBefore[index] as number)),
    ),
  ])
  await node.stop()
  return { answersMs, fourPeersMs: fourPeersMs as number, tipMs: tipMs as number, knownMs: Math.max(...knownMs) }
}

/** So many at a time, since each start takes a processor for a second. */
async function startInTurns(nodes: readonly LoopbackNode[]): Promise<void> {
  const waiting = [...nodes]
  const startNext = async (): Promise<void> => {
    for (let node = waiting.shift(); node; node = waiting.shift()) {
      const started = node
      await started.start()
      await until(async () => (await heightOf(started)) >= 0)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, startNext))
}

/** Ends with the bench, whose network it crawls every two seconds. */
async function startSeed(
  { directory, nodes, spareHost }: LoopbackNetwork,
  server: string,
  metrics: string,
): Promise<ChildProcess> {
  const state = join(directory, 'seed')
  await mkdir(state)
  const [first] = nodes as readonly [LoopbackNode, ...LoopbackNode[]]
  const where = ['--home', first.home, '--state', state, '--peer', first.address, '--dial-from', spareHost]
  const what = ['--zone', zone, '--listen', server, '--address', spareHost, '--metrics', metrics]
  const how = ['--interval', '2', '--ttl', '1', '--rate', '10000']
  return spawn(process.execPath, [launcher, 'dns-seed', ...where, ...what, ...how], { stdio: 'ignore' })
}

async function goodAt(url: string): Promise<number> {
  const status = (await (await fetch(new URL('/status', url))).json()) as { readonly good: number }
  return status.good
}

async function heightOf({ client }: LoopbackNode): Promise<number> {
  return (await client.status()).height
}

async function isPeer({ client }: LoopbackNode, { peerId }: LoopbackNode): Promise<boolean> {
  return (await client.peers()).peers.some(({ id }) => id === peerId)
}

/** Addresses in the node's book. */
async function knownTo({ client }: LoopbackNode): Promise<number> {
  const { addressBook } = await client.status()
  return addressBook.new + addressBook.tried
}

/** Of the nodes' processors, by the metrics of their own, while a block a second is decided; the median. */
async function idleShare(nodes: readonly LoopbackNode[]): Promise<number> {
  const seconds = async ({ url }: LoopbackNode) => {
    const text = await (await fetch(new URL('/metrics', url))).text()
    return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1])
  }
  const began = performance.now()
  const before = await Promise.all(nodes.map(seconds))
  await new Promise((resume) => setTimeout(resume, idleSeconds * 1000))
  const after = await Promise.all(nodes.map(seconds))
  const elapsed = (performance.now() - began) / 1000
  const shares = after.map((used, index) => (used - (before[index] as number)) / elapsed)
  return percentile(shares, 0.5) ?? Number.NaN
}

/** Asks every 50 ms; whoever does not answer yet has not got so far. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (!(await holds().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`nodes of the bench waited ${patienceMs} ms for each other`)
    await new Promise((resume) => setTimeout(resume, 50))
  }
}
