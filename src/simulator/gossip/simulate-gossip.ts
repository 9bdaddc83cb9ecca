import { gossipMesh } from '../../peers/gossip-mesh.ts'
import { createRandom, type Random } from '../random.ts'
import { eccentricity, growMesh } from './mesh.ts'
import { spreadMessage } from './spread.ts'

export interface GossipSimulation {
  readonly nodes: number
  readonly seed: number
  /** Messages published, each by another node. */
  readonly messages?: number
  /** Probability that a copy of a message is lost on its way. */
  readonly loss?: number
}

export interface GossipResult {
  /** Neighbours in the mesh, on average. */
  readonly meshDegree: number
  /** Hops from a publisher to the node farthest from it in the mesh: the most of all publishers. */
  readonly diameterHops: number
  /** Hops a message took on the way it came first, to the median node and at most. */
  readonly hopsP50: number
  readonly hopsMax: number
  /** From publishing until so many of the nodes have the message, ms: the median message, and the slowest. */
  readonly msTo50: number
  readonly msTo99: number
  readonly msTo100: number
  readonly msTo100Worst: number
  /** Part of the nodes that a message reached, on average. */
  readonly reached: number
  /** Copies that arrive for each one that is needed. */
  readonly duplicatesFactor: number
  /** Part of the nodes that had to ask for the message. */
  readonly pulledPart: number
}

/** Nodes that each node dials: as many dial it. */
const dials = 20
const messagesStandard = 10
const lossStandard = 0.01
/** Nodes stand on a plane; the longest way across it, the shortest way, and what each message takes longer by chance, ms. */
const distance = { acrossMs: 150, leastMs: 2, jitterMs: 10 }
/** Checking a message before it is forwarded: a certificate's pairing, or a wait behind others. */
const validationMs = { least: 1, most: 8 }

/** Ten thousand nodes and more, with the mesh of production, on one page of arithmetic: all of it follows from the seed. */
export function simulateGossip(options: GossipSimulation): GossipResult {
  const { nodes, seed, messages = messagesStandard, loss = lossStandard } = options
  const random = createRandom(BigInt(seed)).fork('gossip')
  const graph = growMesh(nodes, dials, gossipMesh, random)
  const terrain = {
    ...graph,
    parameters: gossipMesh,
    loss,
    latency: latencyOf(nodes, random),
    validation: () => random.between(validationMs.least, validationMs.most),
  }
  const publishers = Array.from({ length: messages }, () => random.below(nodes))
  const spreads = publishers.map((publisher) => spreadMessage(publisher, terrain, random))
  const times = spreads.map(({ arrivedAt }) => Float64Array.from(arrivedAt).sort(byValue))
  const timeTo = (part: number) => times.map((sorted) => sorted[Math.ceil(part * nodes) - 1] as number).sort(byValue)
  const hops = spreads.map((spread) => Uint8Array.from(spread.hops).sort(byValue))
  const receptions = (nodes - 1) * messages
  return {
    meshDegree: sum(graph.mesh.map(({ size }) => size)) / nodes,
    diameterHops: Math.max(...publishers.map((publisher) => eccentricity(graph.mesh, publisher))),
    hopsP50: median(hops.map((sorted) => sorted[nodes >> 1] as number)),
    hopsMax: Math.max(...hops.map((sorted) => sorted[nodes - 1] as number)),
    msTo50: median(timeTo(0.5)),
    msTo99: median(timeTo(0.99)),
    msTo100: median(timeTo(1)),
    msTo100Worst: Math.max(...timeTo(1)),
    reached: sum(times.map((sorted) => sorted.filter(Number.isFinite).length)) / (nodes * messages),
    duplicatesFactor: sum(spreads.map(({ copies }) => copies)) / receptions,
    pulledPart: sum(spreads.map(({ pulled }) => pulled)) / receptions,
  }
}

function latencyOf(nodes: number, random: Random): (from: number, to: number) => number {
  const places = Array.from({ length: nodes }, () => [random.next(), random.next()] as const)
  return (from, to) => {
    const [left, right] = [places[from], places[to]] as [readonly [number, number], readonly [number, number]]
    const way = Math.hypot(left[0] - right[0], left[1] - right[1]) / Math.SQRT2
    return distance.leastMs + way * distance.acrossMs + random.next() * distance.jitterMs
  }
}

const byValue = (left: number, right: number) => left - right
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

function median(values: readonly number[]): number {
  return [...values].sort(byValue)[values.length >> 1] as number
}
