import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { foundDevnet } from '../devnet/found-devnet.ts'
import { createNodeProcess, type NodeProcess } from '../devnet/node-process.ts'
import type { DevnetFigures } from '../devnet/report.ts'
import { percentile } from '../percentile.ts'
import { type Figure, figure } from './figure.ts'

const runs = 5
const idleSeconds = 20
const launcher = fileURLToPath(new URL('../../../bin/synod.js', import.meta.url))

/** The devnet as a person meets it: its start, its finality under a light load, its memory, and what it costs to leave it idle. */
export async function benchDevnet(onProgress: (line: string) => void): Promise<Figure[]> {
  const reports: DevnetFigures[] = []
  for (let run = 1; run <= runs; run++) {
    onProgress(`devnet of 4 to height 40, run ${run} of ${runs}`)
    const { stdout } = await promisify(execFile)(process.execPath, [launcher, 'devnet', '--until-height', '40', '--json'])
    reports.push(JSON.parse(stdout) as DevnetFigures)
  }
  const median = (pick: (report: DevnetFigures) => number | null) =>
    percentile(
      reports.map((report) => pick(report) ?? Number.NaN),
      0.5,
    )
  const memory = reports.flatMap(({ rssMb }) => Object.values(rssMb).map((mb) => mb ?? Number.NaN))
  onProgress(`idle at one block a second, ${idleSeconds} s`)
  return [
    figure('devnetReadyMs', median(({ readyMs }) => readyMs) ?? Number.NaN, 'ms'),
    figure('devnetFinalityMsP50', median(({ finalityMs }) => finalityMs.p50) ?? Number.NaN, 'ms'),
    figure('devnetFinalityMsP99', median(({ finalityMs }) => finalityMs.p99) ?? Number.NaN, 'ms'),
    figure('devnetRssMbPerNode', percentile(memory, 0.5) ?? Number.NaN, 'MB'),
    figure('devnetIdleCoreShare', await idleShare(), 'of a core'),
  ]
}

/** CPU time of each node, of a chain with one empty block a second, over wall time; the median of the nodes. */
async function idleShare(): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'synod-idle-'))
  const devnet = await foundDevnet({ directory, validators: 4, consensus: { interval_ms: 1000, empty_blocks: true } })
  const nodes = devnet.nodes.map((node) => createNodeProcess({ ...node, overrides: [], onExit: () => undefined }))
  try {
    await Promise.all(nodes.map((node) => node.start()))
    await waitForHeight(devnet.nodes[0]?.url ?? '', 5)
    const before = await Promise.all(nodes.map(cpuSeconds))
    await new Promise((resume) => setTimeout(resume, idleSeconds * 1000))
    const after = await Promise.all(nodes.map(cpuSeconds))
    return (
      percentile(
        after.map((seconds, index) => (seconds - (before[index] as number)) / idleSeconds),
        0.5,
      ) ?? Number.NaN
    )
  } finally {
    await Promise.all(nodes.map((node) => node.stop()))
    await rm(directory, { recursive: true, force: true })
  }
}

/** As the node's own metrics say. */
async function cpuSeconds({ url }: NodeProcess): Promise<number> {
  const text = await (await fetch(new URL('/metrics', url))).text()
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1])
}

async function waitForHeight(url: string, height: number): Promise<void> {
  const deadline = performance.now() + 30_000
  while (performance.now() < deadline) {
    const status = await fetch(new URL('/v1/status', url)).then(
      (response) => response.json() as Promise<{ height: number }>,
      () => ({ height: 0 }),
    )
    if (status.height >= height) return
    await new Promise((resume) => setTimeout(resume, 100))
  }
  throw new Error(`no block ${height} within 30 s`)
}
