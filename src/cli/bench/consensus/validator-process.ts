import { systemEntropy } from '../../../adapters/system/system-entropy.ts'
import { createNodeTelemetry } from '../../../adapters/telemetry/node-telemetry.ts'
import { startApi } from '../../../api/server.ts'
import { metrics } from '../../../engine/metrics-catalogue.ts'
import { defaultMempoolLimits } from '../../../mempool/mempool-limits.ts'
import { standardTraceMessages } from '../../../node/config/node-config.ts'
import { startNode } from '../../../node/start-node.ts'
import { toHex } from '../../../primitives/bytes.ts'
import { obeyOrders } from '../../frame/obey-orders.ts'
import { type BenchWorkload, benchSeed, createBenchChain } from './bench-chain.ts'

/** One validator of the bench: the production node and API, in a process of its own, told by its parent whom to dial. */
export interface ValidatorTask {
  readonly index: number
  readonly workload: BenchWorkload
  readonly genesisTime: number
  readonly directory: string
  readonly peers: readonly string[]
}

export interface ValidatorReady {
  readonly url: string
  readonly address: string
}

async function run(task: ValidatorTask): Promise<ValidatorReady> {
  const { spec, application } = createBenchChain(task.workload, task.genesisTime)
  const telemetry = createNodeTelemetry({
    level: 'warn',
    format: 'text',
    destination: process.stderr,
    catalogue: metrics,
    node: `validator ${task.index}`,
  })
  const running = await startNode({
    dataDirectory: task.directory,
    spec,
    application,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    peers: task.peers,
    security: ['tls'],
    requireHybrid: true,
    transports: ['tcp'],
    peerKeySeed: benchSeed('peer', task.index),
    validatorKeySeed: benchSeed('validator', task.index),
    mempool: defaultMempoolLimits,
    stateVersionsKept: 10,
    doppelgangerWaitMs: 0,
    telemetry,
    agent: 'synod-bench',
    traceMessages: standardTraceMessages,
  })
  const api = await startApi({
    node: running.node,
    host: '127.0.0.1',
    port: 0,
    version: 'bench',
    operatorToken: toHex(systemEntropy.bytes(32)),
    telemetry,
    metrics: telemetry,
  })
  const [address] = running.node.status().addresses
  if (address === undefined) throw new Error('the validator listens nowhere')
  return { url: api.url, address }
}

obeyOrders(run)
