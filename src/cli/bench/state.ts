import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { type Figure, figure } from './figure.ts'
import type { StateReport } from './state-worker.ts'

export interface BenchStateOptions {
  /** Keys of the map that is measured for speed. */
  readonly keys?: number
  /** Keys of the map that is measured for memory; 0 leaves it out, which saves some minutes. */
  readonly keysForMemory?: number
}

/**
 * The authenticated state in a process of its own, on a real disk: blocks of 20,000 random updates, each with its root and a durable
 * commit, beside one durable batch of the same bytes; reads, proofs, the time to open, and the peak of memory with ten million keys.
 */
export async function benchState({ keys = 1_000_000, keysForMemory = 10_000_000 }: BenchStateOptions = {}): Promise<Figure[]> {
  const report = await measureState(keys)
  const figures = [
    figure('updateSeconds', report.updateSeconds, 's', report.rawWriteSeconds),
    figure('readsPerSecond', report.readsPerSecond, '1/s'),
    figure('proofsPerSecond', report.proofsPerSecond, '1/s'),
    figure('restartMs', report.restartMs, 'ms'),
    figure('rssMb', report.rssMbPeak, 'MB'),
  ]
  if (keysForMemory === 0) return figures
  const large = await measureState(keysForMemory)
  return [
    ...figures,
    figure('rssMb10MKeys', large.rssMbPeak, 'MB', 500),
    figure('rssMbOpened10MKeys', large.rssMbOpened, 'MB'),
    figure('restartMs10MKeys', large.restartMs, 'ms'),
    figure('updateSeconds10MKeys', large.updateSeconds, 's', large.rawWriteSeconds),
    figure('readsPerSecond10MKeys', large.readsPerSecond, '1/s'),
  ]
}

async function measureState(keys: number): Promise<StateReport> {
  const directory = await mkdtemp(join(tmpdir(), 'synod-bench-state-'))
  try {
    await runWorker('build', directory, keys)
    const report = await runWorker('measure', directory, keys)
    if (!report) throw new Error('the measuring process did not report')
    return report
  } finally {
    await rm(directory, { recursive: true })
  }
}

async function runWorker(task: 'build' | 'measure', directory: string, keys: number): Promise<StateReport | undefined> {
  const worker = fork(join(import.meta.dirname, `state-worker${extname(import.meta.filename)}`), [task, directory, String(keys)])
  let report: StateReport | undefined
  worker.once('message', (message) => {
    report = message as StateReport
  })
  const [code] = await once(worker, 'exit')
  if (code !== 0) throw new Error(`the state bench's ${task} process ended with ${code}`)
  return report
}
