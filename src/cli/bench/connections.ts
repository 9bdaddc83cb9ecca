/**
 * Connections between real processes on loopback: how long one takes over each transport, what thousands of idle ones cost the node they
 * lead to, and what it costs to turn one away. The node is the network layer alone, with gossip and pings, as every node has it.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { extname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Security } from '../../adapters/libp2p/libp2p-network.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { loopbackHost } from '../devnet/loopback-host.ts'
import { percentile } from '../percentile.ts'
import type { ConnectionOrder, ConnectionReport } from './connection-process.ts'
import { type Figure, figure } from './figure.ts'

const transports: readonly { readonly name: string; readonly listen: string; readonly security: Security }[] = [
  { name: 'tcpTls', listen: '/ip4/127.0.0.1/tcp/0', security: 'tls' },
  { name: 'tcpNoise', listen: '/ip4/127.0.0.1/tcp/0', security: 'noise' },
  { name: 'quic', listen: '/ip4/127.0.0.1/udp/0/quic-v1', security: 'tls' },
  { name: 'wsTls', listen: '/ip4/127.0.0.1/tcp/0/ws', security: 'tls' },
  { name: 'wsNoise', listen: '/ip4/127.0.0.1/tcp/0/ws', security: 'noise' },
  { name: 'wssTls', listen: '/ip4/127.0.0.1/tcp/0/wss', security: 'tls' },
  { name: 'webrtc', listen: '/ip4/127.0.0.1/udp/0/webrtc-direct', security: 'noise' },
]
const connects = 100
/** The first take half as long again: their code has not been compiled. */
const warmUpConnects = 60
const goal = { connectMsP50: 25, connectMsP99: 100, idleRssKb: 300, idleCpuPercent: 15, refusalMs: 0.5 } as const
const idleConnections = 2_000
const diallers = 4
const idleSettleMs = 5_000
const idleMeasuredMs = 20_000
const refusals = 10_000
/** Descriptors of a process that are no connections. */
const sparedDescriptors = 200

export async function benchConnections(onProgress: (line: string) => void): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const transport of transports) {
    onProgress(`connecting over ${transport.name}`)
    figures.push(...(await benchConnect(transport)))
  }
  onProgress('turning connections away')
  figures.push(await benchRefusal())
  figures.push(...(await benchIdle(onProgress)))
  return figures
}

async function benchConnect({ name, listen, security }: (typeof transports)[number]): Promise<Figure[]> {
  return withProcesses(2, async ([node, dialler]) => {
    const { address } = await node.ask('listening', { kind: 'listen', listen, security })
    const dial = { kind: 'dial', address, security, isHolding: false, firstSeed: 1 } as const
    await dialler.ask('dialled', { ...dial, count: warmUpConnects })
    const { connectMs } = await dialler.ask('dialled', { ...dial, count: connects })
    return [
      figure(`${name}ConnectMsP50`, percentile(connectMs, 0.5) ?? 0, 'ms', goal.connectMsP50),
      figure(`${name}ConnectMsP99`, percentile(connectMs, 0.99) ?? 0, 'ms', goal.connectMsP99),
    ]
  })
}

async function benchRefusal(): Promise<Figure> {
  return withProcesses(2, async ([node, attacker]) => {
    const { address } = await node.ask('listening', { kind: 'listen', listen: '/ip4/127.0.0.1/tcp/0', security: 'tls' })
    await node.ask('done', { kind: 'refuse', isRefusing: true })
    const flood = { kind: 'flood', host: '127.0.0.1', port: Number(address.split('/')[4]) } as const
    await attacker.ask('done', { ...flood, count: refusals / 10 })
    const before = await node.ask('usage', { kind: 'measure' })
    await attacker.ask('done', { ...flood, count: refusals })
    const after = await node.ask('usage', { kind: 'measure' })
    const each = (after.cpuUntilMicros - before.cpuFromMicros) / 1000 / (after.refused - before.refused)
    return figure('refusalCpuMs', each, 'ms', goal.refusalMs)
  })
}

async function benchIdle(onProgress: (line: string) => void): Promise<Figure[]> {
  const count = Math.min(idleConnections, descriptorsMax() - sparedDescriptors)
  if (count < diallers) {
    throw new OperationalError('LISTEN_FAILED', 'This process may open too few files for the bench.', {
      hint: 'Raise `ulimit -n`.',
    })
  }
  if (count < idleConnections)
    onProgress(`only ${count} connections: raise \`ulimit -n\` above ${idleConnections + sparedDescriptors}`)
  return withProcesses(1 + diallers, async ([node, ...others]) => {
    const { address } = await node.ask('listening', { kind: 'listen', listen: '/ip4/127.0.0.1/tcp/0', security: 'tls' })
    const empty = await node.ask('usage', { kind: 'measure' })
    onProgress(`opening ${count} connections`)
    const each = Math.floor(count / diallers)
    await Promise.all(
      others.map((dialler, index) =>
        dialler.ask('dialled', {
          kind: 'dial',
          address,
          security: 'tls',
          from: loopbackHost(index),
          firstSeed: 1 + index * each,
          count: each,
          isHolding: true,
        }),
      ),
    )
    await wait(idleSettleMs)
    const before = await node.ask('usage', { kind: 'measure' })
    onProgress(`measuring ${before.peers} idle connections`)
    await wait(idleMeasuredMs)
    const after = await node.ask('usage', { kind: 'measure' })
    const cpuShare = (after.cpuUntilMicros - before.cpuFromMicros) / 1000 / (after.atMs - before.atMs)
    return [
      figure('idleConnections', after.peers, '', idleConnections),
      figure('idleRssKbEach', (after.rssBytes - empty.rssBytes) / 1000 / after.peers, 'KB', goal.idleRssKb),
      figure('idleHeapKbEach', (after.heapBytes - empty.heapBytes) / 1000 / after.peers, 'KB'),
      figure('idleCpuPercent', cpuShare * 100, '% of a core', goal.idleCpuPercent),
    ]
  })
}

function descriptorsMax(): number {
  const report = process.report.getReport() as { userLimits?: { open_files?: { soft: number | string } } }
  const soft = report.userLimits?.open_files?.soft
  return typeof soft === 'number' ? soft : Number.POSITIVE_INFINITY
}

interface Worker {
  ask<Kind extends ConnectionReport['kind']>(
    kind: Kind,
    order: ConnectionOrder,
  ): Promise<Extract<ConnectionReport, { kind: Kind }>>
}

async function withProcesses<Result>(
  count: number,
  work: (workers: readonly [Worker, Worker, ...Worker[]]) => Promise<Result>,
): Promise<Result> {
  const script = join(import.meta.dirname, `connection-process${extname(import.meta.filename)}`)
  const children = Array.from({ length: count }, () => fork(script, { execArgv: [...process.execArgv, '--expose-gc'] }))
  try {
    await Promise.all(children.map((child) => nextReport(child)))
    const workers = children.map(
      (child): Worker => ({
        async ask(kind, order) {
          child.send(order)
          const report = await nextReport(child)
          if (report.kind !== kind) throw new Error(`a process of the bench answered ${report.kind}, not ${kind}`)
          return report as Extract<ConnectionReport, { kind: typeof kind }>
        },
      }),
    )
    return await work(workers as unknown as readonly [Worker, Worker, ...Worker[]])
  } finally {
    for (const child of children) if (child.connected) child.disconnect()
  }
}

function nextReport(child: ChildProcess): Promise<ConnectionReport> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error('a process of the bench ended'))
    child.once('exit', onExit)
    child.once('message', (report) => {
      child.off('exit', onExit)
      resolve(report as ConnectionReport)
    })
  })
}
