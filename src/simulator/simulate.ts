import { createHash } from 'node:crypto'
import type { Application } from '../application/application.ts'
import { transactionId } from '../chain/block.ts'
import type { NodeOptions } from '../engine/assemble.ts'
import type { NodeEvent, SynodNode } from '../engine/synod-node.ts'
import { defaultBatchPoolLimits } from '../mempool/batch-pool.ts'
import { defaultMempoolLimits } from '../mempool/mempool-limits.ts'
import { silence } from '../ports/telemetry.ts'
import { toHex } from '../primitives/bytes.ts'
import { createChecker, type Violation } from './checkers.ts'
import { beginTrouble, type FaultName } from './faults.ts'
import { createRandom } from './random.ts'
import { createScheduler } from './scheduler.ts'
import { createSimulatedChain, simulatedLedger, transferWorkload, type Workload } from './simulated-chain.ts'
import { createSimulatedInternet } from './simulated-network.ts'
import { createSimulatedNode, type SimulatedNode } from './simulated-node.ts'
import { createSignatureOracle } from './simulated-verifier.ts'
import { createWeatherStation } from './weather.ts'
import { type LiarName, liars } from './byzantine/liars.ts'

/** A whole network in one process: real nodes, simulated time, network and disks. Everything follows from the seed. */
export interface SimulationOptions {
  readonly seed: number
  /** Validators. */
  readonly nodes?: number
  /** Simulated seconds. Troubles fill most of them; the last part is for recovering. */
  readonly seconds?: number
  readonly faults?: readonly FaultName[]
  /** Dishonest validators: less than a third of the stake keeps every promise. */
  readonly liars?: readonly LiarName[]
  /** Transactions a second, of all nodes together. */
  readonly load?: number
  /** `[consensus]` of the chain spec. */
  readonly consensus?: Readonly<Record<string, unknown>>
  /** The application under test, and what it is fed; the built-in ledger and transfers unless given. */
  readonly application?: Application
  readonly workload?: Workload
  /** Called with everything that happens, for whoever wants to read along. */
  readonly onTrace?: (line: string) => void
}

export interface SimulationResult {
  readonly seed: number
  readonly height: number
  readonly transactions: number
  readonly events: number
  /** SHA-256 over everything observable: the same seed gives the same hash. */
  readonly traceHash: string
  readonly violation: Violation | undefined
}

const startMs = 1_800_000_000_000
/** Part of a run in which troubles begin. */
const troubledPart = 0.6

export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const { seed, nodes: count = 4, seconds = 30, faults = [], load = 5 } = options
  const random = createRandom(BigInt(seed))
  const scheduler = createScheduler(startMs)
  const station = createWeatherStation(random.fork('weather'))
  const internet = createSimulatedInternet({ scheduler, weather: station.weather, reachable: station.reachable })
  const oracle = createSignatureOracle()
  const chain = createSimulatedChain({
    random: random.fork('chain'),
    validators: count,
    genesisTime: startMs,
    consensus: options.consensus ?? {},
    applicationName: options.application?.name ?? 'ledger',
  })
  const application = options.application ?? simulatedLedger(chain)
  const workload = options.workload ?? transferWorkload(chain, random.fork('workload'))
  const submitted = new Set<string>()
  const checker = createChecker((id) => submitted.has(toHex(id)))
  const trace = createHash('sha256')
  let violation: Violation | undefined

  function note(line: string): void {
    const entry = `${(scheduler.now() - startMs).toFixed(3)} ${line}`
    trace.update(`${entry}\n`)
    options.onTrace?.(entry)
  }

  const ids = chain.validators.map((_, index) => `node${index}`)
  const nodeOptions = (id: string): NodeOptions => ({
    spec: chain.spec,
    application,
    peers: ids.filter((other) => other < id).map((other) => `sim:${other}`),
    mempool: { ...defaultMempoolLimits, transactions: 5000, bytes: 4 << 20 },
    batchPool: defaultBatchPoolLimits,
    stateVersionsKept: 10,
    doppelgangerWaitMs: 300,
    agent: 'synod-simulated',
  })

  const liarNames = options.liars ?? []
  const nodes: readonly SimulatedNode[] = ids.map((id, index) => {
    const liar = liarNames[index]
    const keypair = chain.validators[index]
    return createSimulatedNode({
      id,
      world: { scheduler, internet, oracle },
      random: random.fork(id),
      keypair,
      options: nodeOptions(id),
      telemetry: options.onTrace ? { ...silence, log: (level, message, fields) => level !== 'debug' && note(`${id} ${level} ${message} ${JSON.stringify(fields)}`) } : silence,
      diskMs: (kind) => (kind === 'sync' ? 0.5 : 0.05),
      ...(liar && keypair && { tamper: (ports) => liars[liar]({ ports, keypair, chainId: chain.chainId, random: random.fork(`liar ${id}`) }) }),
      onStarted: (node) => watch(id, node, liar !== undefined),
    })
  })
  const honest = nodes.filter((_, index) => liarNames[index] === undefined)

  function watch(id: string, node: SynodNode, lying: boolean): void {
    note(`${id} up at height ${node.status().height}`)
    node.subscribe((event: NodeEvent) => {
      if (event.type === 'block') {
        note(`${id} final ${event.block.header.height} ${toHex(event.hash)} ${event.ids.length}`)
        if (!lying) violation ??= checker.final(id, event)
      } else if (event.type === 'fault') {
        note(`${id} fault ${event.message}`)
      }
    })
  }

  function restart(node: SimulatedNode): void {
    if (node.up) return
    node.start().catch((error: unknown) => {
      violation ??= { check: 'crash', node: node.id, height: checker.height, detail: `does not start again: ${String(error)}` }
    })
  }

  function submitOne(): void {
    const encoded = workload()
    const running = nodes.filter((node) => node.running)
    const target = running.length > 0 ? random.pick(running).running : undefined
    submitted.add(toHex(transactionId(encoded)))
    void target?.submit([encoded])
    scheduler.after(1000 / load, submitOne)
  }

  for (const node of nodes) restart(node)
  if (load > 0) scheduler.after(500, submitOne)
  const end = startMs + seconds * 1000
  const calm = startMs + seconds * 1000 * troubledPart
  beginTrouble({ random: random.fork('trouble'), scheduler, internet, station, nodes: honest, note, restart }, faults, calm)
  let events = await scheduler.run(calm, () => violation !== undefined)
  station.heal()
  for (const node of honest) {
    node.disk.fill(false)
    node.skew(0)
  }
  events += await scheduler.run(calm + (end - calm) / 2, () => violation !== undefined)
  const healedAt = checker.height
  events += await scheduler.run(end, () => violation !== undefined)
  violation ??= progress(honest, healedAt)
  note(`end ${checker.height}`)
  return { seed, height: checker.height, transactions: checker.transactions, events, traceHash: trace.digest('hex'), violation }
}

/** After everything has healed, every honest node must follow and the chain must grow. */
function progress(honest: readonly SimulatedNode[], healedAt: number): Violation | undefined {
  for (const node of honest) {
    const height = node.running?.status().height ?? 0
    if (height <= healedAt) {
      const detail = node.running ? `at ${height} still, the chain was at ${healedAt} when everything had healed` : 'down'
      return { check: 'liveness', node: node.id, height, detail }
    }
  }
  return undefined
}
