import { limitYoungGeneration } from '../../../adapters/system/limit-young-generation.ts'
import { createNodeTelemetry } from '../../../adapters/telemetry/node-telemetry.ts'
import { metrics } from '../../../engine/metrics-catalogue.ts'
import { defaultMempoolLimits } from '../../../mempool/mempool-limits.ts'
import { startNode } from '../../../node/start-node.ts'
import { type BenchWorkload, benchSeed, createBenchChain } from '../consensus/bench-chain.ts'

/** A node of the bench that only follows: one that serves, or the one that catches up. A process of its own, told by its parent. */
export interface SyncTask {
  readonly index: number
  readonly workload: BenchWorkload
  readonly genesisTime: number
  readonly directory: string
  readonly peers: readonly string[]
  /** Told when it has this block. */
  readonly untilHeight: number
}

export type SyncReport =
  | { readonly kind: 'ready'; readonly address: string }
  | { readonly kind: 'reached'; readonly height: number; readonly ms: number; readonly rssMb: number }

// As `synod start` does.
limitYoungGeneration()
process.once('message', (task: SyncTask) => {
  run(task).catch((error) => {
    console.error(error)
    process.exit(1)
  })
})
process.once('disconnect', () => process.exit(0))

function report(message: SyncReport): void {
  process.send?.(message)
}

async function run(task: SyncTask): Promise<void> {
  const { spec, application } = createBenchChain(task.workload, task.genesisTime)
  const { node } = await startNode({
    dataDirectory: task.directory,
    spec,
    application,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    peers: task.peers,
    security: ['tls'],
    requireHybrid: true,
    transports: ['tcp'],
    peerKeySeed: benchSeed('peer', 100 + task.index),
    validatorKeySeed: undefined,
    mempool: defaultMempoolLimits,
    stateVersionsKept: 10,
    doppelgangerWaitMs: 0,
    telemetry: createNodeTelemetry({
      level: 'warn',
      format: 'text',
      destination: process.stderr,
      catalogue: metrics,
      node: `node ${task.index}`,
    }),
    agent: 'synod-bench',
    traceMessages: 0,
  })
  const [address] = node.status().addresses
  if (address === undefined) throw new Error('the node listens nowhere')
  report({ kind: 'ready', address })
  if (task.peers.length === 0) return
  let beganAt: number | undefined
  const timer = setInterval(() => {
    const { height } = node.status()
    if (height > 0) beganAt ??= performance.now()
    if (beganAt === undefined || height < task.untilHeight) return
    clearInterval(timer)
    report({ kind: 'reached', height, ms: performance.now() - beganAt, rssMb: process.memoryUsage.rss() / 1e6 })
  }, 2)
}
