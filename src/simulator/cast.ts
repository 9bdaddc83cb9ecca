import type { Application } from '../application/application.ts'
import type { NodeOptions } from '../engine/foundation.ts'
import type { SynodNode } from '../engine/synod-node.ts'
import { defaultBatchPoolLimits } from '../mempool/batch-pool.ts'
import { defaultMempoolLimits } from '../mempool/mempool-limits.ts'
import { defaultConnectionLimits } from '../peers/connection-limits.ts'
import { silence, type Telemetry } from '../ports/telemetry.ts'
import { assert } from '../primitives/assert.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { type LiarName, liars } from './byzantine/liars.ts'
import type { PowerCut } from './power-cut.ts'
import { createSimulatedNode, type SimulatedNode } from './simulated-node.ts'
import type { World } from './world.ts'

/** Who plays: every validator of the chain, honest or not. */
export interface Cast {
  readonly nodes: readonly SimulatedNode[]
  readonly honest: readonly SimulatedNode[]
}

export interface CastOptions {
  readonly world: World
  readonly application: Application
  /** By validator; absent: honest. */
  readonly liars: readonly (LiarName | 'honest')[]
  /** Logs cost time: without a reader none are written. */
  readonly logs: boolean
  readonly onStarted: (id: string, node: SynodNode) => void
  readonly onSigned: (id: string, message: Bytes, signature: Bytes) => void
  readonly onWrite: (index: number, count: number) => PowerCut['moment'] | undefined
}

/** Listens for a double before it signs; short, so that a restart does not fill the run. */
const doppelgangerWaitMs = 300

export const mempoolLimits = { ...defaultMempoolLimits, transactions: 5000, bytes: 4 << 20 }
export const batchPoolLimits = { ...defaultBatchPoolLimits, batches: 2048, bytes: 48 << 20 }

export function nodeId(index: number): string {
  return `node${index}`
}

export function isLiar(liarNames: readonly string[], index: number): boolean {
  return (liarNames[index] ?? 'honest') !== 'honest'
}

export function createCast(options: CastOptions): Cast {
  const nodes = options.world.chain.validators.map((_, index) => createMember(options, index))
  return { nodes, honest: nodes.filter((_, index) => !isLiar(options.liars, index)) }
}

function createMember(options: CastOptions, index: number): SimulatedNode {
  const { world, liars: names, application } = options
  const { random, chain } = world
  const id = nodeId(index)
  const keypair = chain.validators[index]
  assert(keypair, 'every member of the cast is a validator')
  const name = names[index] ?? 'honest'
  const liar = name === 'honest' ? undefined : liars[name]
  const { chainId, spec } = chain
  return createSimulatedNode({
    id,
    world,
    random: random.fork(id),
    keypair,
    options: nodeOptions(world, application, index),
    telemetry: options.logs ? logging(world, id) : silence,
    ...(liar && { tamper: (ports) => liar({ ports, keypair, chainId, spec, random: random.fork(`liar ${id}`) }) }),
    onStarted: (node) => options.onStarted(id, node),
    onSigned: (message, signature) => options.onSigned(id, message, signature),
    onWrite: (count) => options.onWrite(index, count),
  })
}

function nodeOptions({ chain, internet }: World, application: Application, index: number): NodeOptions {
  return {
    spec: chain.spec,
    application,
    peers: Array.from({ length: index }, (_, other) => internet.addressOf(nodeId(other))),
    mempool: mempoolLimits,
    batchPool: batchPoolLimits,
    connections: defaultConnectionLimits,
    access: { allow: [], deny: [] },
    stateVersionsKept: 10,
    doppelgangerWaitMs,
    agent: 'synod-simulated',
  }
}

function logging({ trace }: World, id: string): Telemetry {
  return {
    ...silence,
    log(level, message, fields = {}) {
      const details = Object.entries(fields).map(([name, value]) => ` ${name}=${String(value)}`)
      if (level !== 'debug') trace.remark(`${id} ${level} ${message}${details.join('')}`)
    },
  }
}
