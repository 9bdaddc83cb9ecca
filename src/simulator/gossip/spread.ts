import type { GossipMesh } from '../../peers/gossip-mesh.ts'
import { createBinaryHeap } from '../../primitives/binary-heap.ts'
import type { Random } from '../random.ts'
import { chosen, type MeshGraph } from './mesh.ts'

/** How one message fared: for each node the time of its first arrival in ms (Infinity: never) and the hops it took. */
export interface Spread {
  readonly arrivedAt: Float64Array
  readonly hops: Uint8Array
  /** Copies that arrived, first ones included, and those that were asked for since a mesh had lost them. */
  readonly copies: number
  readonly pulled: number
}

export interface Terrain extends MeshGraph {
  readonly parameters: GossipMesh
  /** One way, in ms, drawn anew for each message sent. */
  readonly latency: (from: number, to: number) => number
  /** Time a node takes to check a message before it forwards it, ms. */
  readonly validation: () => number
  /** Probability that a copy is lost, as when a queue is full. */
  readonly loss: number
}

type Event = { readonly at: number; readonly to: number } & (
  | { readonly kind: 'copy'; readonly from: number; readonly hops: number; readonly pulled: boolean }
  | { readonly kind: 'heartbeat'; readonly left: number }
  | { readonly kind: 'told'; readonly from: number }
)

/** Publishes at one node and lets the message run: forwarded along the mesh once checked, told of at heartbeats, asked for by who lacks it. */
export function spreadMessage(publisher: number, terrain: Terrain, random: Random): Spread {
  const { neighbours, mesh, parameters, latency, loss } = terrain
  const arrivedAt = new Float64Array(mesh.length).fill(Number.POSITIVE_INFINITY)
  const hops = new Uint8Array(mesh.length)
  const events = createBinaryHeap<Event>((left, right) => left.at < right.at)
  let missing = mesh.length
  let copies = 0
  let pulled = 0

  function arrive(node: number, at: number, from: number, way: number): void {
    missing -= 1
    arrivedAt[node] = at
    hops[node] = way
    const checkedAt = at + (node === publisher ? 0 : terrain.validation())
    for (const other of mesh[node] as ReadonlySet<number>) {
      if (other !== from) send(checkedAt, node, other, way + 1, false)
    }
    const phase = random.next() * parameters.heartbeatMs
    events.push({ kind: 'heartbeat', at: checkedAt + phase, to: node, left: parameters.toldHeartbeats })
  }

  function send(at: number, from: number, to: number, way: number, asked: boolean): void {
    if (random.chance(loss)) return
    events.push({ kind: 'copy', at: at + latency(from, to), from, to, hops: way, pulled: asked })
  }

  function tellOthers(node: number, at: number, left: number): void {
    // When everybody has it, what is told changes nothing any more.
    if (missing === 0) return
    const others = (neighbours[node] as readonly number[]).filter((other) => !mesh[node]?.has(other))
    const count = Math.max(parameters.lazy, Math.floor(others.length * parameters.lazyPart))
    for (const other of chosen(others, count, random)) {
      if (!random.chance(loss)) events.push({ kind: 'told', at: at + latency(node, other), from: node, to: other })
    }
    if (left > 1) events.push({ kind: 'heartbeat', at: at + parameters.heartbeatMs, to: node, left: left - 1 })
  }

  arrive(publisher, 0, publisher, 0)
  for (let event = events.pop(); event !== undefined; event = events.pop()) {
    const { at, to } = event
    const lacks = arrivedAt[to] === Number.POSITIVE_INFINITY
    if (event.kind === 'heartbeat') tellOthers(to, at, event.left)
    else if (event.kind === 'told') {
      // It asks for the message, and whoever told of it sends it.
      if (lacks) send(at + latency(to, event.from), event.from, to, (hops[event.from] as number) + 1, true)
    } else {
      copies += 1
      if (event.pulled) pulled += 1
      if (lacks) arrive(to, at, event.from, event.hops)
    }
  }
  return { arrivedAt, hops, copies, pulled }
}
