import { availableParallelism, cpus, totalmem } from 'node:os'
import { OperationalError } from '../../primitives/operational-error.ts'
import type { Console } from '../frame/command.ts'
import { type BenchName, benchNames } from './bench-names.ts'
import type { BenchWorkload } from './consensus/bench-chain.ts'
import type { Figure } from './figure.ts'

export interface BenchOptions {
  readonly name: string
  readonly seconds: number
  readonly keys: number
  readonly nodes: number
  readonly simulated: number | undefined
  readonly seed: number
  readonly workloads: readonly BenchWorkload[]
  readonly json: boolean
  readonly console: Console
}

const stateSyncEntriesMax = 1_000_000

/** Each bench is loaded alone: the others' libraries would weigh on what it measures. */
const benches: Readonly<Record<BenchName, (options: BenchOptions) => Promise<readonly Figure[]>>> = {
  crypto: async () => (await import('./crypto.ts')).benchCrypto(),
  codec: async () => (await import('./codec.ts')).benchCodec(),
  network: async () => (await import('./network.ts')).benchNetwork(),
  connections: async ({ console }) => (await import('./connections.ts')).benchConnections((line) => console.err(`${line}\n`)),
  priority: async () => (await import('./priority.ts')).benchPriority(),
  async gossip({ seconds, simulated, seed, console }) {
    const { benchGossip } = await import('./gossip.ts')
    return benchGossip({ seconds, simulated, seed, onProgress: (line) => console.err(`${line}\n`) })
  },
  state: async ({ keys }) => (await import('./state.ts')).benchState({ keysForMemory: keys }),
  statesync: async ({ keys, console }) =>
    (await import('./statesync.ts')).benchStateSync(Math.min(keys, stateSyncEntriesMax), (line) => console.err(`${line}\n`)),
  simulator: async () => (await import('./simulator.ts')).benchSimulator(),
  devnet: async ({ console }) => (await import('./devnet.ts')).benchDevnet((line) => console.err(`${line}\n`)),
  discovery: async ({ nodes, console }) =>
    (await import('./discovery.ts')).benchDiscovery(nodes, (line) => console.err(`${line}\n`)),
  sync: async ({ console }) => (await import('./sync.ts')).benchSync((line) => console.err(`${line}\n`)),
  light: async ({ console }) => (await import('./light.ts')).benchLight((line) => console.err(`${line}\n`)),
  restart: async ({ console }) => (await import('./restart.ts')).benchRestart((line) => console.err(`${line}\n`)),
  async consensus({ seconds, workloads, console }) {
    const { benchConsensus } = await import('./consensus.ts')
    const onProgress = (line: string) => console.err(`${line}\n`)
    return benchConsensus({ seconds, onProgress, ...(workloads.length > 0 && { workloads }) })
  },
}

/** Runs one bench and prints its figures. */
export async function runBench(options: BenchOptions): Promise<number> {
  const { name, json, console } = options
  if (!Object.hasOwn(benches, name)) {
    throw new OperationalError(
      'USAGE_INVALID',
      `There is no bench ${JSON.stringify(name)}: it is one of ${benchNames.join(', ')}.`,
    )
  }
  const figures = await benches[name as BenchName](options)
  const [processor] = cpus()
  const machine = {
    cores: availableParallelism(),
    processor: processor?.model ?? 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
  }
  if (json) console.out(`${JSON.stringify({ bench: name, machine, figures })}\n`)
  else console.out(table(figures))
  return 0
}

function table(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, value, unit, limit, ratio }) => [
    name,
    `${round(value)} ${unit}`.trim(),
    limit === null ? '' : `limit ${round(limit)}`,
    ratio === null ? '' : `ratio ${round(ratio)}`,
  ])
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] as string).length)) + 2)
  return `${rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('')
        .trimEnd(),
    )
    .join('\n')}\n`
}

/** Four digits say all that a measurement knows. */
function round(value: number): string {
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : Number(value.toPrecision(4)).toString()
}
