/** Production nodes in a simulated world, for tests that need a network: any topology, every message and figure within reach. */

import type { Application } from '../../src/application/application.ts'
import { protocolVersionKnown } from '../../src/chain/protocol-version.ts'
import { transactionSchema, transactionSignBytes } from '../../src/chain/transaction.ts'
import { encode } from '../../src/codec/codec.ts'
import { addressOf } from '../../src/crypto/address.ts'
import { ed25519Sign } from '../../src/crypto/ed25519.ts'
import type { DirectorySettings } from '../../src/engine/directory.ts'
import type { Ports } from '../../src/engine/ports.ts'
import type { SnapshotSettings, StateSyncSettings } from '../../src/engine/snapshot-settings.ts'
import type { SynodNode } from '../../src/engine/synod-node.ts'
import { defaultBatchPoolLimits } from '../../src/mempool/batch-pool.ts'
import { defaultMempoolLimits } from '../../src/mempool/mempool-limits.ts'
import type { BudgetLimits } from '../../src/peers/budget-policy.ts'
import { type ConnectionLimits, defaultConnectionLimits } from '../../src/peers/connection-limits.ts'
import type { Channel, Network, NetworkHandlers, PeerId, RequestProtocol } from '../../src/ports/network.ts'
import { silence, type Telemetry } from '../../src/ports/telemetry.ts'
import type { Bytes } from '../../src/primitives/bytes.ts'
import { simulatedLedger } from '../../src/simulator/simulated-chain.ts'
import { createSimulatedNode, type SimulatedNode } from '../../src/simulator/simulated-node.ts'
import { createWorld, startMs, type World } from '../../src/simulator/world.ts'

export interface Member {
  readonly machine: SimulatedNode
  /** Sums of counters by name and labels, e.g. `synod_batches_total way=pushed`. */
  readonly counters: Map<string, number>
  readonly logs: { readonly level: string; readonly message: string; readonly fields: Readonly<Record<string, unknown>> }[]
  node(): SynodNode
}

export interface NodeWorld {
  readonly world: World
  readonly members: readonly Member[]
  /** Starts every member, or those named. */
  start(...which: number[]): Promise<void>
  /** Runs until the condition holds; fails after `seconds` of simulated time. */
  until(condition: () => boolean, seconds: number): Promise<void>
  run(seconds: number): Promise<void>
  /** A signed transfer, the next of an account, with a memo of so many bytes. */
  transfer(memoBytes?: number): Bytes
}

export interface NodeWorldOptions {
  readonly validators: number
  /** Nodes without a key, after the validators. */
  readonly followers?: number
  /** Whom each node dials; everybody before it unless given. */
  readonly dials?: (index: number) => readonly number[]
  readonly consensus?: Readonly<Record<string, unknown>>
  /** What differs from the default limits; nodes keep to those they are told to dial unless it is given. */
  readonly connections?: Partial<ConnectionLimits>
  readonly seed?: number
  /** Which validator's key a node holds; its own unless given. */
  readonly keyOf?: (index: number) => number | undefined
  /** The newest protocol version a node speaks; the newest there is unless given. */
  readonly protocolVersionMax?: (index: number) => number
  readonly budgets?: BudgetLimits
  /** Whether a node takes part in the directory, and how; none does unless given. */
  readonly directory?: (index: number) => DirectorySettings | undefined
  /** Whether nodes have their addresses tried by each other. */
  readonly autonat?: boolean
  /** Which states a node keeps for others. */
  readonly snapshots?: (index: number) => SnapshotSettings | undefined
  /** How a node begins, asked when it starts; with the genesis unless given. */
  readonly stateSync?: (index: number) => StateSyncSettings | undefined
  /** What a node's chain spec says of upgrades, and the newest version of the chain's protocol its program knows. */
  readonly upgrades?: (index: number) => { height: number; version: number }[]
  readonly protocolVersion?: (index: number) => number
  /** What the chain computes; the ledger unless given. */
  readonly application?: (ledger: Application) => Application
  /** What stands between a node and its world. */
  readonly tamper?: (index: number, ports: Ports) => Ports
  /** Sees every message and answer that reaches a node. */
  readonly onReceived?: (
    to: PeerId,
    from: PeerId,
    channel: Channel | 'answer',
    message: Bytes,
    protocol?: RequestProtocol,
  ) => void
}

export function createNodeWorld(options: NodeWorldOptions): NodeWorld {
  const { validators, followers = 0, dials, onReceived, keyOf = (index) => (index < validators ? index : undefined) } = options
  const { seed = 1, consensus = {}, tamper = (_, ports) => ports } = options
  const world = createWorld({ seed, nodes: validators, consensus }, () => undefined)
  const ledger = simulatedLedger(world.chain)
  const application = options.application?.(ledger) ?? ledger
  const everybodyBefore = (index: number) => Array.from({ length: index }, (_, other) => other)

  const members = Array.from({ length: validators + followers }, (_, index): Member => {
    const counters: Member['counters'] = new Map()
    const logs: Member['logs'] = []
    const id = `node${index}`
    const key = keyOf(index)
    const machine = createSimulatedNode({
      id,
      world,
      random: world.random.fork(id),
      keypair: key === undefined ? undefined : world.chain.validators[key],
      options: {
        spec: { ...world.chain.spec, chain: { ...world.chain.spec.chain, upgrades: options.upgrades?.(index) ?? [] } },
        get protocolVersion() {
          return options.protocolVersion?.(index) ?? protocolVersionKnown
        },
        application,
        peers: (dials ?? everybodyBefore)(index).map((other) => world.internet.addressOf(`node${other}`)),
        mempool: defaultMempoolLimits,
        batchPool: defaultBatchPoolLimits,
        connections: { ...defaultConnectionLimits, outboundTarget: 0, ...options.connections },
        access: { allow: [], deny: [] },
        stateVersionsKept: 10,
        doppelgangerWaitMs: 300,
        agent: 'synod-test',
        ...(options.protocolVersionMax && { protocolVersionMax: options.protocolVersionMax(index) }),
        traceMessages: 10_000,
        ...(options.autonat && { autonat: true }),
        ...(options.budgets && { budgets: options.budgets }),
        directory: options.directory?.(index),
        ...(options.snapshots?.(index) && { snapshots: options.snapshots(index) as SnapshotSettings }),
        get stateSync() {
          return options.stateSync?.(index)
        },
      },
      telemetry: recorder(counters, logs),
      tamper: (ports) => tamper(index, onReceived ? { ...ports, network: tapped(ports, onReceived) } : ports),
      onStarted: () => undefined,
      onSigned: () => undefined,
    })
    const node = () => {
      if (!machine.running) throw new Error(`${id} is not running`)
      return machine.running
    }
    return { machine, counters, logs, node }
  })

  const run = async (seconds: number, done?: () => boolean) => {
    await world.scheduler.run(world.scheduler.now() + seconds * 1000, done)
  }
  return {
    world,
    members,
    async start(...which) {
      const started = (which.length === 0 ? [...members.keys()] : which).map((index) => members[index]!.machine.start())
      let up = false
      const all = Promise.all(started).then(() => (up = true))
      await run(5, () => up)
      await all
    },
    async until(condition, seconds) {
      await run(seconds, condition)
      if (!condition()) throw new Error(`not within ${seconds} simulated seconds: ${condition}`)
    },
    run: (seconds) => run(seconds),
    transfer: transfers(world),
  }
}

export const heights = ({ members }: NodeWorld): number[] => members.map(({ machine }) => machine.running?.status().height ?? -1)
export const elapsedMs = ({ world }: NodeWorld): number => world.scheduler.now() - startMs

function transfers({ chain: { chainId, accounts } }: World): NodeWorld['transfer'] {
  let made = 0
  return (memoBytes = 0) => {
    const keypair = accounts[made % accounts.length]!
    const nonce = Math.floor(made++ / accounts.length)
    const operation = { type: 'transfer' as const, to: addressOf(keypair.publicKey), amount: 1n, memo: new Uint8Array(memoBytes) }
    const unsigned = {
      chainId,
      sender: keypair.publicKey,
      nonce,
      fee: 100_000n,
      expiryHeight: 1_000_000,
      operations: [operation],
    }
    return encode(transactionSchema, { ...unsigned, signature: ed25519Sign(keypair, transactionSignBytes(unsigned)) })
  }
}

function recorder(counters: Member['counters'], logs: Member['logs']): Telemetry {
  return {
    ...silence,
    count(metric, by = 1, labels = {}) {
      const name = [metric, ...Object.entries(labels).map(([label, value]) => `${label}=${value}`)].join(' ')
      counters.set(name, (counters.get(name) ?? 0) + by)
    },
    observe: (metric) => void counters.set(metric, (counters.get(metric) ?? 0) + 1),
    log: (level, message, fields = {}) => void logs.push({ level, message, fields }),
  }
}

function tapped({ network }: Ports, onReceived: NonNullable<NodeWorldOptions['onReceived']>): Network {
  return {
    ...network,
    start(handlers: NetworkHandlers) {
      return network.start({
        ...handlers,
        onMessage(peer, channel, message) {
          onReceived(network.self, peer, channel, message)
          handlers.onMessage(peer, channel, message)
        },
      })
    },
    async *request(...request: Parameters<Network['request']>) {
      for await (const part of network.request(...request)) {
        onReceived(network.self, request[0], 'answer', part, request[1])
        yield part
      }
    },
  }
}
