/** Several whole nodes in one process, which look for each other and for those of other processes in the directory. */
import { join } from 'node:path'
import type { SynodNode } from '../../../engine/synod-node.ts'
import { defaultMempoolLimits } from '../../../mempool/mempool-limits.ts'
import { startNode } from '../../../node/start-node.ts'
import type { PeerId } from '../../../ports/network.ts'
import { silence, type Telemetry } from '../../../ports/telemetry.ts'
import { obeyOrders } from '../../frame/obey-orders.ts'
import { benchSeed, createBenchChain } from '../consensus/bench-chain.ts'
import { benchHost } from './bench-host.ts'

export type DirectoryOrder =
  | {
      readonly kind: 'start'
      /** The places of this process's nodes in the network. */
      readonly places: readonly number[]
      readonly genesisTime: number
      readonly directory: string
      /** Whom they know; unless given, the first of them is whom the others know. */
      readonly entrance: string | undefined
    }
  | { readonly kind: 'count' }
  /** One after the other: the node at this place of the process looks for a peer. */
  | { readonly kind: 'look'; readonly searches: readonly { readonly from: number; readonly peer: PeerId }[] }

export interface DirectoryReport {
  readonly nodes: readonly {
    readonly id: PeerId
    readonly address: string
    readonly peers: readonly PeerId[]
    readonly table: number
  }[]
  /** Questions that have been asked by all of them. */
  readonly questions: number
  /** Of the searches of this order, in milliseconds; those that found nothing are left out. */
  readonly foundMs: readonly number[]
}

const nodes: SynodNode[] = []
let questions = 0
const telemetry: Telemetry = {
  ...silence,
  count(metric, by = 1) {
    if (metric === 'synod_dht_requests_total') questions += by
  },
}

async function start({ places, genesisTime, directory, entrance }: Extract<DirectoryOrder, { kind: 'start' }>): Promise<void> {
  const chain = createBenchChain('transfers', genesisTime, {
    validators: 1,
    consensus: { interval_ms: 600_000, empty_blocks: false },
  })
  for (const place of places) {
    const { node } = await startNode({
      dataDirectory: join(directory, `${place}`),
      spec: chain.spec,
      application: chain.application,
      listen: [`/ip4/${benchHost(place)}/tcp/0`],
      dialFrom: benchHost(place),
      peers: [entrance ?? nodes[0]?.status().addresses[0] ?? []].flat(),
      directory: { mode: 'server' },
      security: ['tls'],
      requireHybrid: true,
      transports: ['tcp'],
      peerKeySeed: benchSeed('peer', place),
      validatorKeySeed: place === 0 ? benchSeed('validator', 0) : undefined,
      mempool: defaultMempoolLimits,
      stateVersionsKept: 10,
      doppelgangerWaitMs: 0,
      verifierWorkers: 0,
      telemetry,
      agent: 'synod-bench',
      traceMessages: 0,
    })
    nodes.push(node)
  }
}

async function look(searches: Extract<DirectoryOrder, { kind: 'look' }>['searches']): Promise<number[]> {
  const foundMs: number[] = []
  for (const { from, peer } of searches) {
    const began = performance.now()
    const found = (await nodes[from]?.directory?.findPeer(peer)) ?? []
    if (found.length > 0) foundMs.push(performance.now() - began)
  }
  return foundMs
}

async function obey(order: DirectoryOrder): Promise<DirectoryReport> {
  if (order.kind === 'start') await start(order)
  const foundMs = order.kind === 'look' ? await look(order.searches) : []
  return {
    nodes: nodes.map((node) => ({
      id: node.status().self,
      address: node.status().addresses[0] ?? '',
      peers: node.peers().map(({ id }) => id),
      table: node.directory?.size ?? 0,
    })),
    questions,
    foundMs,
  }
}

obeyOrders(obey)
