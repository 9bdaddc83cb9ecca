/**
 * How much arrives and at what price: messages to every process of several at once, the bytes that transactions cost on their way to
 * everybody, and how gossip fares among more nodes than one machine can hold.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type TrafficClass, trafficClasses } from '../../ports/network.ts'
import { simulateGossip } from '../../simulator/gossip/simulate-gossip.ts'
import { type WorkerProcess, withWorkerProcesses } from '../frame/worker-processes.ts'
import { type Figure, figure } from './figure.ts'
import type { FloodOrder, FloodReport } from './gossip/flood-process.ts'
import type { NodeOrder, NodeReport } from './gossip/node-process.ts'

export interface GossipBenchOptions {
  /** How long each load is measured. */
  readonly seconds: number
  /** Only the simulation, of so many nodes. */
  readonly simulated: number | undefined
  readonly seed: number
  readonly onProgress: (line: string) => void
}

const flooders = 5
const floodGoal = 60_000
const messageBytes = 200
const nodes = 8
const usefulGoal = 0.9
/** Transactions a second at each node, from a chain that is hardly used to one that is busy. */
const loads = [2, 20, 60, 120]
const simulatedNodes = 10_000
const diameterGoal = 6

export async function benchGossip(options: GossipBenchOptions): Promise<Figure[]> {
  const { seconds, simulated, seed, onProgress } = options
  if (simulated !== undefined) return simulation(simulated, seed, onProgress)
  onProgress(`${flooders} processes, each sending to all others`)
  return [
    ...(await benchFlood(Math.min(seconds, 10))),
    ...(await benchDissemination(seconds, onProgress)),
    ...simulation(simulatedNodes, seed, onProgress),
  ]
}

/** Everybody pushes full batches to everybody: what arrives at each is decoded to its messages. */
async function benchFlood(seconds: number): Promise<Figure[]> {
  return withWorkerProcesses<FloodOrder, FloodReport, Figure[]>(
    join(import.meta.dirname, 'gossip', 'flood-process'),
    flooders,
    async (processes) => {
      const addresses: string[] = []
      for (const [index, process] of processes.entries()) {
        const { address } = await process.ask({ kind: 'listen', index })
        await process.ask({ kind: 'dial', addresses })
        addresses.push(address)
      }
      const reports = await Promise.all(processes.map((process) => process.ask({ kind: 'flood', seconds, messageBytes })))
      const rates = reports.map((report) => report.messages / report.seconds)
      const total = sum(rates, (rate) => rate)
      return [
        figure('deliveredPerSecondAtSlowest', Math.min(...rates), '1/s', floodGoal),
        figure('deliveredPerSecondAtAll', total, '1/s', floodGoal * flooders),
        figure('deliveredPerProcessorSecond', total / sum(reports, ({ cores }) => cores), '1/s'),
      ]
    },
  )
}

/**
 * Eight validators in a full mesh, a block each second, empty or not. Clients hand transactions to all of them, and when all are final
 * everywhere, what was useful is compared with what was on the sockets.
 */
async function benchDissemination(seconds: number, onProgress: (line: string) => void): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), 'synod-gossip-'))
  try {
    return await withWorkerProcesses<NodeOrder, NodeReport, Figure[]>(
      join(import.meta.dirname, 'gossip', 'node-process'),
      nodes,
      async (processes) => {
        const genesisTime = Date.now()
        const peers: string[] = []
        for (const [index, process] of processes.entries()) {
          onProgress(`node ${index + 1} of ${nodes}`)
          const setup = { index, nodes, genesisTime, directory: join(directory, `${index}`), peers }
          peers.push((await process.ask({ kind: 'start', ...setup })).address)
        }
        await settled(processes, (reports) => reports.every((report) => report.peers === nodes - 1))
        await wait(5000)
        const idle = await measure(processes, 0, seconds)
        const figures = [figure('idleBytesPerSecond', idle.wire / idle.seconds, 'B/s')]
        for (const rate of loads) {
          const loaded = await measure(processes, rate, seconds)
          const name = `At${rate * nodes}PerSecond`
          figures.push(
            figure(`usefulPart${name}`, loaded.useful / priceOf(loaded), '', usefulGoal),
            figure(`usefulPartConsensusIncluded${name}`, loaded.useful / loaded.wire, ''),
            figure(`consensusBytesPerSecond${name}`, loaded.classes.consensus / loaded.seconds, 'B/s'),
          )
          onProgress(`${rate * nodes} a second: ${described(loaded)}`)
        }
        return figures
      },
    )
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

interface Measured {
  readonly seconds: number
  readonly wire: number
  readonly classes: Readonly<Record<TrafficClass, number>>
  /** Each transaction's bytes once for each node but the one that took it in. */
  readonly useful: number
}

/** What carries transactions, announcements and comparisons included. */
const transactionClasses: readonly TrafficClass[] = ['batches', 'requests', 'peers']

/**
 * Bytes on the sockets but for the messages of consensus, of block announcements and of the connections themselves. Their framing and
 * encryption count as the transactions' own: what is measured is dearer than the truth, by more the fewer transactions there are.
 */
function priceOf({ wire, classes }: Measured): number {
  const others = trafficClasses.filter((name) => !transactionClasses.includes(name))
  return wire - sum(others, (name) => classes[name])
}

/** From before the first transaction until all of them are final everywhere. */
async function measure(
  processes: readonly WorkerProcess<NodeOrder, NodeReport>[],
  rate: number,
  seconds: number,
): Promise<Measured> {
  const before = await Promise.all(processes.map((process) => process.ask({ kind: 'count' })))
  const from = performance.now()
  await Promise.all(
    processes.map((process) => (rate === 0 ? wait(seconds * 1000) : process.ask({ kind: 'load', ratePerSecond: rate, seconds }))),
  )
  const after = await settled(processes, (reports) => {
    const submitted = sum(reports, (report) => report.submitted.transactions)
    return reports.every((report) => report.final === submitted)
  })
  const grown = (count: (report: NodeReport) => number) => sum(after, count) - sum(before, count)
  return {
    seconds: (performance.now() - from) / 1000,
    wire: grown(({ wire }) => wire),
    classes: Object.fromEntries(
      trafficClasses.map((name) => [name, grown(({ classes }) => classes[name])]),
    ) as Measured['classes'],
    useful: grown(({ submitted }) => submitted.bytes) * (nodes - 1),
  }
}

const settleMs = 30_000

async function settled(
  processes: readonly WorkerProcess<NodeOrder, NodeReport>[],
  done: (reports: readonly NodeReport[]) => boolean,
): Promise<readonly NodeReport[]> {
  const until = performance.now() + settleMs
  for (;;) {
    const reports = await Promise.all(processes.map((process) => process.ask({ kind: 'count' })))
    if (done(reports)) return reports
    if (performance.now() > until) throw new Error(`the nodes did not come to rest within ${settleMs} ms`)
    await wait(200)
  }
}

function described({ classes, useful, wire }: Measured): string {
  const parts = trafficClasses.flatMap((name) => (classes[name] < 1000 ? [] : [`${name} ${Math.round(classes[name] / 1000)} KB`]))
  return `${Math.round(useful / 1000)} KB useful of ${Math.round(wire / 1000)} KB on the sockets: ${parts.join(', ')}`
}

function simulation(count: number, seed: number, onProgress: (line: string) => void): Figure[] {
  onProgress(`gossip among ${count} simulated nodes`)
  const result = simulateGossip({ nodes: count, seed })
  return [
    figure('simulatedDiameterHops', result.diameterHops, 'hops', diameterGoal),
    figure('simulatedHopsP50', result.hopsP50, 'hops'),
    figure('simulatedHopsMax', result.hopsMax, 'hops'),
    figure('simulatedMsTo50Percent', result.msTo50, 'ms'),
    figure('simulatedMsTo99Percent', result.msTo99, 'ms'),
    figure('simulatedMsTo100Percent', result.msTo100, 'ms'),
    figure('simulatedMsTo100PercentWorst', result.msTo100Worst, 'ms'),
    figure('simulatedReachedPart', result.reached, ''),
    figure('simulatedDuplicatesFactor', result.duplicatesFactor, '×'),
    figure('simulatedPulledPart', result.pulledPart, ''),
    figure('simulatedMeshDegree', result.meshDegree, ''),
  ]
}

function sum<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((total, item) => total + count(item), 0)
}
