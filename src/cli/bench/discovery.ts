import { defaultBatchPoolLimits } from '../../mempool/batch-pool.ts'
import { defaultMempoolLimits } from '../../mempool/mempool-limits.ts'
import { defaultConnectionLimits } from '../../peers/connection-limits.ts'
import { silence } from '../../ports/telemetry.ts'
import { simulateEclipse } from '../../simulator/eclipse.ts'
import { simulatedLedger } from '../../simulator/simulated-chain.ts'
import { createSimulatedNode, type SimulatedNode } from '../../simulator/simulated-node.ts'
import { createWorld, type World } from '../../simulator/world.ts'
import { benchLookups } from './discovery/lookups.ts'
import { benchNewcomer } from './discovery/newcomer.ts'
import { type Figure, figure } from './figure.ts'

const simulatedNodes = 20
const networks = 3
const eclipseSeeds = 100
const settlingSeconds = 30
const patienceSeconds = 120

/**
 * How nodes find each other: processes on loopback that know a DNS seed alone, lookups in the directory, and in simulated time and space
 * how a node that knows one other comes to know the network; and how many peers of a node's own choice are honest under an attempt to
 * surround it with ten thousand addresses of four groups.
 */
export async function benchDiscovery(nodes: number, onProgress: (line: string) => void): Promise<readonly Figure[]> {
  return [...(await benchNewcomer(nodes, onProgress)), ...(await benchLookups(onProgress)), ...(await benchSimulated(onProgress))]
}

async function benchSimulated(onProgress: (line: string) => void): Promise<readonly Figure[]> {
  const arrivals: Arrival[] = []
  for (let seed = 1; seed <= networks; seed++) arrivals.push(await arrive(seed))
  onProgress(`${networks} simulated networks of ${simulatedNodes} nodes`)
  const honest = Array.from({ length: eclipseSeeds }, (_, index) => eclipse(index + 1)).sort((left, right) => left - right)
  return [
    figure('fourPeersSecondsMax', Math.max(...arrivals.map(({ fourPeersSeconds }) => fourPeersSeconds)), 's (simulated)'),
    figure('knownToEverybodySecondsMax', Math.max(...arrivals.map(({ knownSeconds }) => knownSeconds)), 's (simulated)'),
    figure('eclipseHonestOutboundMin', honest[0] as number, 'of 8'),
    figure('eclipseHonestOutboundMedian', honest[eclipseSeeds / 2] as number, 'of 8'),
  ]
}

interface Arrival {
  readonly fourPeersSeconds: number
  readonly knownSeconds: number
}

function eclipse(seed: number): number {
  return simulateEclipse({ seed, attackerAddresses: 10_000, attackerGroups: 4, anchors: true }).honest
}

/** The last of the nodes comes when all others are connected; each was told of the first alone. */
async function arrive(seed: number): Promise<Arrival> {
  const world = createWorld({ seed, nodes: 1, seconds: 0, faults: [], liars: [], load: 0 }, () => undefined)
  const { scheduler } = world
  const members = Array.from({ length: simulatedNodes }, (_, index) => createMember(world, index))
  const last = members.pop() as SimulatedNode
  const started = Promise.all(members.map((member) => member.start()))
  await scheduler.run(scheduler.now() + settlingSeconds * 1000)
  await started
  const since = scheduler.now()
  const until = async (condition: () => boolean) => {
    await scheduler.run(since + patienceSeconds * 1000, condition)
    return (scheduler.now() - since) / 1000
  }
  const coming = last.start()
  const fourPeersSeconds = await until(() => (last.running?.peers().length ?? 0) >= 4)
  const knows = ({ running }: SimulatedNode) =>
    running?.knownAddresses().some((address) => address.endsWith(`/p2p/${last.id}`)) ?? false
  const knownSeconds = await until(() => members.every(knows))
  await coming
  return { fourPeersSeconds, knownSeconds }
}

function createMember(world: World, index: number): SimulatedNode {
  const id = `node${index}`
  return createSimulatedNode({
    id,
    world,
    random: world.random.fork(id),
    keypair: world.chain.validators[index],
    options: {
      spec: world.chain.spec,
      application: simulatedLedger(world.chain),
      peers: index === 0 ? [] : [world.internet.addressOf('node0')],
      mempool: defaultMempoolLimits,
      batchPool: defaultBatchPoolLimits,
      connections: defaultConnectionLimits,
      access: { allow: [], deny: [] },
      stateVersionsKept: 10,
      doppelgangerWaitMs: 0,
      agent: 'synod-bench',
    },
    telemetry: silence,
    onStarted: () => undefined,
    onSigned: () => undefined,
  })
}
