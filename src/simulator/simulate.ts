import type { NodeEvent, SynodNode } from '../engine/synod-node.ts'
import { toHex } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { batchPoolLimits, type Cast, createCast, mempoolLimits, nodeId } from './cast.ts'
import { overflow } from './checkers/bounds.ts'
import { failureToRecover } from './checkers/recovery.ts'
import type { Violation } from './checkers/violation.ts'
import { type Clients, createClients } from './clients.ts'
import { beginTrouble, type Trouble } from './faults.ts'
import { createJudge, type Judge } from './judge.ts'
import { withPoisonedGlobals } from './poison.ts'
import { simulatedLedger, transferWorkload } from './simulated-chain.ts'
import type { SimulatedNode } from './simulated-node.ts'
import type { SimulationOptions, SimulationResult } from './simulation-options.ts'
import { createWorld, startMs, type World } from './world.ts'

/**
 * Runs a network from a seed and watches it: troubles first, then fair weather in which everything must recover. Stops at the first
 * violation. While it runs, the machine's own time and chance are out of reach for the application and everything else in it.
 */
export function simulate(options: SimulationOptions): Promise<SimulationResult> {
  return withPoisonedGlobals(() => play(setStage(options), options))
}

/** Part of a run in which troubles begin. */
const troubledPart = 0.6
const boundsEveryMs = 250
/** From a chosen power failure until the power is back. */
const darkMs = 500
/** From a node's failure until its operator has seen to it. */
const remedyMs = 100
/** How long a network may take to recover beyond the end of the run, with so many blocks in it. */
const patienceMs = 45_000
const patienceBlocks = 20

interface Stage {
  readonly world: World
  readonly cast: Cast
  readonly judge: Judge
  readonly clients: Clients
  readonly onceSigned: Trouble['onceSigned']
}

function setStage(options: SimulationOptions): Stage {
  const { liars = [], load = 5 } = options
  const world = createWorld(options, (from, channel, message) => judge.sent(from, channel, message))
  const { chain, random, scheduler, trace } = world
  const awaited = new Map<string, () => void>()
  const cast = createCast({
    world,
    application: options.application ?? simulatedLedger(chain),
    liars,
    logs: options.onTrace !== undefined,
    onStarted: (id, node) => watch(id, node),
    onSigned(id, message, signature) {
      judge.signers.signed(id, message, signature)
      const callback = awaited.get(id)
      awaited.delete(id)
      callback?.()
    },
    onWrite(index, count) {
      trace.remark(`${nodeId(index)} write ${count}`)
      const { node, write, moment } = options.powerCut ?? {}
      if (node !== index || write !== count) return undefined
      scheduler.after(darkMs, () => start({ world, judge }, cast.nodes[index] as SimulatedNode))
      return moment
    },
  })
  const member = (id: string) => cast.honest.find((candidate) => candidate.id === id)
  const judge = createJudge({ world, liars, member, clients: () => clients })
  const clients = createClients({
    scheduler,
    random: random.fork('clients'),
    nodes: () => cast.nodes,
    workload: options.workload ?? transferWorkload(chain, random.fork('workload')),
    load,
    isFinal: judge.blocks.includes,
  })

  function watch(id: string, node: SynodNode): void {
    trace.note(`${id} up at height ${node.status().height}`)
    if (member(id)) judge.report(judge.blocks.started(id, node))
    node.subscribe((event) => onEvent(event, id, node))
  }

  function onEvent(event: NodeEvent, id: string, node: SynodNode): void {
    const honest = member(id)
    if (event.type === 'block') {
      trace.note(`${id} final ${event.block.header.height} ${toHex(event.hash)} ${event.ids.length}`)
      if (honest) judge.report(judge.blocks.final(id, node, event))
    } else if (event.type === 'fault') {
      trace.note(`${id} fault ${event.message}`)
      if (honest?.disk.rotten) scheduler.after(remedyMs, () => beginAgain({ world, judge }, honest))
      else if (honest && !honest.disk.full) judge.blame('crash', id, event.message)
    }
  }

  function onceSigned({ id }: SimulatedNode, callback: () => void): () => void {
    awaited.set(id, callback)
    return () => void awaited.delete(id)
  }

  return { world, cast, judge, clients, onceSigned }
}

async function play(stage: Stage, options: SimulationOptions): Promise<SimulationResult> {
  const { world, judge } = stage
  const { scheduler, trace } = world
  const { seed, seconds = 30 } = options
  const endMs = startMs + seconds * 1000
  const calmMs = startMs + seconds * 1000 * troubledPart
  let events = 0
  const run = async (untilMs: number, done: () => boolean = () => false) => {
    events += await scheduler.run(untilMs, () => judge.violation !== undefined || done())
  }

  await catchingCrashes(judge, async () => {
    begin(stage, options, calmMs)
    await run(calmMs)
    heal(stage)
    const failure = recoveryOf(stage, options)
    await run(endMs)
    const { interval_ms: intervalMs } = world.chain.spec.consensus
    await run(endMs + patienceMs + patienceBlocks * intervalMs, () => failure() === undefined)
    if (!judge.violation) judge.report(failure())
  })
  const { height, transactions } = judge.blocks
  trace.note(`end ${height} ${transactions} ${events}`)
  const simulatedMs = Math.round(scheduler.now() - startMs)
  return { seed, height, transactions, simulatedMs, events, traceHash: trace.digest(), violation: judge.violation }
}

function begin(stage: Stage, options: SimulationOptions, calmMs: number): void {
  const { world, cast, judge } = stage
  const { random, scheduler, internet, station, trace } = world
  for (const node of cast.nodes) start(stage, node)
  const checkBounds = () => {
    scheduler.after(boundsEveryMs, checkBounds)
    const { transactions, bytes } = mempoolLimits
    const bounds = { mempoolTransactions: transactions, mempoolBytes: bytes, batches: batchPoolLimits.batches }
    judge.report(overflow(world, cast.honest, bounds))
  }
  checkBounds()
  const trouble = {
    random: random.fork('trouble'),
    scheduler,
    internet,
    station,
    nodes: cast.honest,
    note: trace.note,
    restart: (node: SimulatedNode) => start(stage, node),
    onceSigned: stage.onceSigned,
    mayLoseLog: judge.mayLoseLog,
  }
  beginTrouble(trouble, options.faults ?? [], calmMs)
}

/** A full disk is a good reason not to start, and a damaged one; there is no other. */
function start({ world, judge }: Pick<Stage, 'world' | 'judge'>, node: SimulatedNode): void {
  if (node.up) return
  node.start().catch((error: unknown) => {
    world.trace.note(`${node.id} does not start`)
    if (node.disk.full) node.crash()
    else if (node.disk.rotten && error instanceof OperationalError) beginAgain({ world, judge }, node)
    else judge.blame('crash', node.id, `does not start: ${describe(error)}`)
  })
}

/** What an operator does with a node whose disk is damaged: it gets its blocks from the others anew, and keeps what it signed last. */
function beginAgain({ world, judge }: Pick<Stage, 'world' | 'judge'>, node: SimulatedNode): void {
  world.trace.note(`${node.id} begins again`)
  node.crash()
  node.disk.wipe()
  judge.blocks.wiped(node.id)
  start({ world, judge }, node)
}

/** Whatever still lasts is over, and who is down comes up. */
function heal(stage: Stage): void {
  const { world, cast } = stage
  world.station.heal()
  for (const node of cast.honest) {
    node.skew(0)
    node.slowDisk(1)
    if (node.disk.full) {
      node.disk.fill(false)
      node.crash()
    }
    start(stage, node)
  }
}

/** From now on: what is missing until all has recovered. */
function recoveryOf({ world, cast, judge, clients }: Stage, options: SimulationOptions): () => Violation | undefined {
  const { chain, scheduler } = world
  const healedHeight = judge.blocks.height
  const healedMs = scheduler.now()
  const mayStandStill = !chain.spec.consensus.empty_blocks && options.load === 0
  const doubleVoters = chain.validators.flatMap(({ publicKey }, index) =>
    options.liars?.[index] === 'equivocator' ? [toHex(publicKey)] : [],
  )
  return () => {
    if (mayStandStill) return undefined
    // Whether an application of one's own must accept all of its workload, only its author knows.
    const served = options.application !== undefined || clients.served(healedMs)
    return failureToRecover({ honest: cast.honest, blocks: judge.blocks, healedHeight, served, doubleVoters })
  }
}

/** What any node throws, at once or in a promise nobody waits for, ends the run. */
async function catchingCrashes(judge: Judge, run: () => Promise<void>): Promise<void> {
  const onRejection = (error: unknown) => judge.blame('crash', 'unknown', describe(error))
  process.on('unhandledRejection', onRejection)
  try {
    await run()
  } catch (error) {
    onRejection(error)
  } finally {
    process.off('unhandledRejection', onRejection)
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
