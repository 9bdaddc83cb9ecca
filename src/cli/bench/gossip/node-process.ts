/** A whole node whose clients live in the same process: every byte on its sockets is one between nodes. */
import { createNodeTelemetry } from '../../../adapters/telemetry/node-telemetry.ts'
import { metrics } from '../../../engine/metrics-catalogue.ts'
import type { SynodNode } from '../../../engine/synod-node.ts'
import { defaultMempoolLimits } from '../../../mempool/mempool-limits.ts'
import { startNode } from '../../../node/start-node.ts'
import { type TrafficClass, trafficClasses } from '../../../ports/network.ts'
import type { Bytes } from '../../../primitives/bytes.ts'
import { loopbackHost } from '../../devnet/loopback-host.ts'
import { obeyOrders } from '../../frame/obey-orders.ts'
import { benchSeed, createBenchChain } from '../consensus/bench-chain.ts'
import { transactionMaker } from '../consensus/make-transaction.ts'

export interface NodeSetup {
  readonly index: number
  readonly nodes: number
  readonly genesisTime: number
  readonly directory: string
  readonly peers: readonly string[]
}
export type NodeOrder =
  | ({ readonly kind: 'start' } & NodeSetup)
  | { readonly kind: 'load'; readonly ratePerSecond: number; readonly seconds: number }
  | { readonly kind: 'count' }
export interface NodeReport {
  readonly address: string
  readonly peers: number
  /** Sent, in bytes: on the sockets, and by class before framing and encryption. */
  readonly wire: number
  readonly classes: Readonly<Record<TrafficClass, number>>
  /** Handed in here so far, and final so far. */
  readonly submitted: { readonly transactions: number; readonly bytes: number }
  readonly final: number
}

interface Running {
  readonly node: SynodNode
  readonly make: () => Bytes
}

const submitted = { transactions: 0, bytes: 0 }
let final = 0
let running: Running | undefined

async function start({ index, nodes, genesisTime, directory, peers }: NodeSetup): Promise<Running> {
  const chain = createBenchChain('transfers', genesisTime, {
    validators: nodes,
    consensus: { interval_ms: 1000, empty_blocks: true },
  })
  const telemetry = createNodeTelemetry({
    level: 'warn',
    format: 'text',
    destination: process.stderr,
    catalogue: metrics,
    node: `node ${index}`,
  })
  const { node } = await startNode({
    dataDirectory: directory,
    spec: chain.spec,
    application: chain.application,
    listen: [`/ip4/${loopbackHost(index)}/tcp/0`],
    dialFrom: loopbackHost(index),
    peers,
    security: ['tls'],
    requireHybrid: true,
    transports: ['tcp'],
    peerKeySeed: benchSeed('peer', index),
    validatorKeySeed: benchSeed('validator', index),
    mempool: defaultMempoolLimits,
    stateVersionsKept: 10,
    doppelgangerWaitMs: 0,
    verifierWorkers: 0,
    telemetry,
    agent: 'synod-bench',
    traceMessages: 0,
  })
  node.subscribe((event) => {
    if (event.type === 'block') final += event.ids.length
  })
  // Each node's clients have accounts of their own, so that nonces are theirs alone.
  const accounts = chain.accounts.filter((_, account) => account % nodes === index)
  return { node, make: transactionMaker({ ...chain, accounts }, 'transfers') }
}

/** One transaction after the other, at an even pace. Made ahead, so that signing takes nothing from what is measured. */
async function load({ node, make }: Running, ratePerSecond: number, seconds: number): Promise<void> {
  const made = Array.from({ length: Math.round(ratePerSecond * seconds) }, make)
  const from = performance.now()
  const answers: Promise<unknown>[] = []
  for (const [turn, transaction] of made.entries()) {
    const waitMs = (turn * 1000) / ratePerSecond - (performance.now() - from)
    if (waitMs > 0) await new Promise((resume) => setTimeout(resume, waitMs))
    submitted.transactions += 1
    submitted.bytes += transaction.length
    answers.push(
      node.submit([transaction]).then(([answer]) => {
        if (!answer?.ok) throw new Error(`a transaction was refused: ${answer?.error.code}`)
      }),
    )
  }
  await Promise.all(answers)
  const restMs = seconds * 1000 - (performance.now() - from)
  if (restMs > 0) await new Promise((resume) => setTimeout(resume, restMs))
}

async function obey(order: NodeOrder): Promise<NodeReport> {
  if (order.kind === 'start') running = await start(order)
  if (!running) throw new Error('the node is not started')
  if (order.kind === 'load') await load(running, order.ratePerSecond, order.seconds)
  const { total } = running.node.net()
  return {
    address: running.node.status().addresses[0] as string,
    peers: running.node.peers().length,
    wire: total.wire.bytesOut,
    classes: Object.fromEntries(trafficClasses.map((name) => [name, total.classes[name].bytesOut])) as NodeReport['classes'],
    submitted: { ...submitted },
    final,
  }
}

obeyOrders(obey)
