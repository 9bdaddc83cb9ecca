import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { ed25519Keypair, ed25519Sign, ed25519Verify } from '../../crypto/ed25519.ts'
import { type WorkerProcess, withWorkerProcesses } from '../frame/worker-processes.ts'
import { type BenchWorkload, benchSeed, benchValidators } from './consensus/bench-chain.ts'
import type { LoadReport, LoadTask } from './consensus/load-process.ts'
import { operationsPerSignature } from './consensus/make-transaction.ts'
import type { ValidatorReady, ValidatorTask } from './consensus/validator-process.ts'
import { type Figure, figure } from './figure.ts'

export interface ConsensusBenchOptions {
  /** How long each kind of load is measured. */
  readonly seconds?: number
  readonly workloads?: readonly BenchWorkload[]
  readonly onProgress?: (line: string) => void
}

type Offered = Pick<LoadTask, 'ratePerSecond' | 'outstanding' | 'perRequest'>

/** Somewhat more than two cores can take, so that what is committed is what the chain can do. */
const offered: Readonly<Record<BenchWorkload, Offered>> = {
  transfers: { ratePerSecond: 6000, outstanding: 6000, perRequest: 25 },
  operations: { ratePerSecond: 3000, outstanding: 3000, perRequest: 25 },
  unsigned: { ratePerSecond: 20_000, outstanding: 20_000, perRequest: 100 },
}
const lightLoad: Offered = { ratePerSecond: 1e6, outstanding: 1, perRequest: 1 }

/**
 * Four validators, each a process with its own disk, on encrypted connections over loopback; another process submits by HTTP at all of
 * them and times finality. The limit of what carries signatures is what the machine's cores can check when every validator checks all.
 */
export async function benchConsensus(options: ConsensusBenchOptions = {}): Promise<Figure[]> {
  const { seconds = 30, workloads = ['transfers', 'operations', 'unsigned'], onProgress = () => undefined } = options
  const figures: Figure[] = []
  for (const workload of workloads) {
    onProgress(`${workload}: ${benchValidators} validators, ${seconds} s`)
    const checksPerSecond = verificationRate()
    const signatureLimit = (checksPerSecond * availableParallelism()) / benchValidators
    const report = await measure({ workload, seconds, ...offered[workload] })
    if (report.errors > 0) throw new Error(`${report.errors} errors under ${workload}, the first: ${report.firstError}`)
    const rate = report.committed / report.seconds
    if (workload === 'transfers') figures.push(figure('signedTransfersPerSecond', rate, '1/s', signatureLimit))
    if (workload === 'operations') {
      figures.push(
        figure('signedOperationsPerSecond', rate * operationsPerSignature, '1/s', signatureLimit * operationsPerSignature),
      )
    }
    if (workload === 'unsigned') figures.push(figure('unsignedTransactionsPerSecond', rate, '1/s'))
    const under = workload === 'transfers' ? 'LoadedMs' : `${workload[0]?.toUpperCase()}${workload.slice(1)}Ms`
    figures.push(figure(`finality${under}P50`, report.finalityMsP50 ?? Number.NaN, 'ms'))
    figures.push(figure(`finality${under}P99`, report.finalityMsP99 ?? Number.NaN, 'ms'))
  }
  onProgress('light load: finality')
  const light = await measure({ workload: 'transfers', seconds: Math.min(seconds, 10), ...lightLoad })
  figures.push(figure('finalityMsP50', light.finalityMsP50 ?? Number.NaN, 'ms'))
  figures.push(figure('finalityMsP99', light.finalityMsP99 ?? Number.NaN, 'ms'))
  return figures
}

async function measure(load: Offered & Pick<LoadTask, 'workload' | 'seconds'>): Promise<LoadReport> {
  const directory = await mkdtemp(join(tmpdir(), 'synod-bench-'))
  const genesisTime = Date.now()
  const processOf = (name: string) => join(import.meta.dirname, 'consensus', name)
  const transactionsMax = Math.min(load.ratePerSecond, 500 + load.outstanding * 10) * (load.seconds + 5)

  async function loadUpon(processes: readonly WorkerProcess<ValidatorTask, ValidatorReady>[]): Promise<LoadReport> {
    const validators: ValidatorReady[] = []
    for (const [index, validator] of processes.entries()) {
      const peers = validators.map(({ address }) => address)
      const { workload } = load
      validators.push(await validator.ask({ index, workload, genesisTime, directory: join(directory, `${index}`), peers }))
    }
    const urls = validators.map(({ url }) => url)
    const order: LoadTask = { ...load, genesisTime, urls, transactionsMax }
    const path = processOf('load-process')
    const reports = await withWorkerProcesses<LoadTask, LoadReport, LoadReport[]>(path, 1, (loaders) =>
      Promise.all(loaders.map((loader) => loader.ask(order))),
    )
    return reports[0] as LoadReport
  }

  try {
    return await withWorkerProcesses(processOf('validator-process'), benchValidators, loadUpon)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Ed25519 checks a second on one core, a transaction's size of message. */
function verificationRate(): number {
  const keypair = ed25519Keypair(benchSeed('rate', 0))
  const message = benchSeed('message', 0)
  const signature = ed25519Sign(keypair, message)
  let checks = 0
  const startedAt = performance.now()
  while (performance.now() - startedAt < 500) {
    for (let round = 0; round < 100; round++) ed25519Verify(keypair.publicKey, message, signature)
    checks += 100
  }
  return (checks * 1000) / (performance.now() - startedAt)
}
