import { percentile } from '../percentile.ts'
import type { LightLoad } from './light-load.ts'
import type { BlockEvent } from './network-observer.ts'
import type { NodeProcess } from './node-process.ts'

/** What an unattended run says at its end. Times are milliseconds, as seen by the process that started the nodes. */
export interface DevnetFigures {
  /** From the command's start to the first final block. */
  readonly readyMs: number | null
  readonly height: number
  /** From sending a transfer by HTTP to hearing that it is final. */
  readonly finalityMs: { readonly p50: number | null; readonly p99: number | null }
  /** Median time between two final blocks. */
  readonly blockIntervalMs: number | null
  readonly transactions: number
  /** Resident memory of each node. */
  readonly rssMb: Readonly<Record<string, number | null>>
}

export interface Report {
  readonly readyMs: number | undefined
  /** Between the last two blocks. */
  readonly sinceLastMs: number | undefined
  onBlock(block: BlockEvent, atMs: number): void
  measure(processes: readonly NodeProcess[], load: LightLoad): Promise<DevnetFigures>
  render(figures: DevnetFigures, json: boolean): string
}

const intervalsMax = 100_000

export function createReport(startedAt: number): Report {
  const intervals: number[] = []
  let readyMs: number | undefined
  let lastAt: number | undefined
  let sinceLastMs: number | undefined
  let height = 0
  let transactions = 0

  return {
    get readyMs() {
      return readyMs
    },
    get sinceLastMs() {
      return sinceLastMs
    },
    onBlock(block, atMs) {
      readyMs ??= atMs - startedAt
      sinceLastMs = lastAt === undefined ? undefined : atMs - lastAt
      if (sinceLastMs !== undefined && intervals.length < intervalsMax) intervals.push(sinceLastMs)
      lastAt = atMs
      height = block.height
      transactions += block.transactions.length
    },
    async measure(processes, load) {
      const memory = await Promise.all(processes.map(async (node) => [node.name, await residentMb(node.url)] as const))
      return {
        readyMs: rounded(readyMs ?? null),
        height,
        finalityMs: { p50: rounded(percentile(load.finalityMs, 0.5)), p99: rounded(percentile(load.finalityMs, 0.99)) },
        blockIntervalMs: rounded(percentile(intervals, 0.5)),
        transactions,
        rssMb: Object.fromEntries(memory),
      }
    },
    render(figures, json) {
      if (json) return `${JSON.stringify(figures)}\n`
      const { finalityMs, rssMb } = figures
      return [
        `first block       ${figures.readyMs} ms after the start`,
        `height            ${figures.height}, a block every ${figures.blockIntervalMs} ms`,
        `finality          p50 ${finalityMs.p50} ms, p99 ${finalityMs.p99} ms, of ${figures.transactions} transactions`,
        `memory            ${Object.values(rssMb).join(', ')} MB`,
        '',
      ].join('\n')
    },
  }
}

/** As the node's own metrics say; `null` for one that does not answer. */
async function residentMb(url: string): Promise<number | null> {
  const text = await fetch(new URL('/metrics', url)).then(
    (response) => response.text(),
    () => '',
  )
  const bytes = /^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]
  return bytes === undefined ? null : rounded(Number(bytes) / 1e6)
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 10) / 10
}
