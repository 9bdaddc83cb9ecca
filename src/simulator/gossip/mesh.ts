import type { GossipMesh } from '../../peers/gossip-mesh.ts'
import type { Random } from '../random.ts'

/** Who is connected to whom, and which of those neighbours stand in the mesh. By the numbers of the nodes. */
export interface MeshGraph {
  readonly neighbours: readonly (readonly number[])[]
  readonly mesh: readonly ReadonlySet<number>[]
}

/** Heartbeats after which a mesh is left as it is; it stands still long before. */
const heartbeatsMax = 20

/** Connects each node to `dials` random others, and lets heartbeats graft and prune as gossipsub does until nobody wants to any more. */
export function growMesh(nodes: number, dials: number, parameters: GossipMesh, random: Random): MeshGraph {
  const neighbours = connect(nodes, dials, random)
  const mesh = neighbours.map(() => new Set<number>())
  for (let beat = 0; beat < heartbeatsMax; beat++) {
    let changes = 0
    for (let node = 0; node < nodes; node++) changes += heartbeat(node, { neighbours, mesh }, parameters, random)
    if (changes === 0) break
  }
  return { neighbours, mesh }
}

function connect(nodes: number, dials: number, random: Random): number[][] {
  const sets = Array.from({ length: nodes }, () => new Set<number>())
  for (let node = 0; node < nodes; node++) {
    for (let dialled = 0; dialled < Math.min(dials, nodes - 1); ) {
      const other = random.below(nodes)
      if (other === node) continue
      dialled += 1
      sets[node]?.add(other)
      sets[other]?.add(node)
    }
  }
  return sets.map((set) => [...set])
}

/** One node's look at its mesh. Returns how many edges it changed. */
function heartbeat(
  node: number,
  { neighbours, mesh }: { neighbours: readonly (readonly number[])[]; mesh: readonly Set<number>[] },
  { degree, degreeLow, degreeHigh }: GossipMesh,
  random: Random,
): number {
  const own = mesh[node] as Set<number>
  let changes = 0
  if (own.size < degreeLow) {
    for (const other of chosen(neighbours[node] as readonly number[], Number.POSITIVE_INFINITY, random)) {
      if (own.size >= degree) break
      const theirs = mesh[other] as Set<number>
      // A graft is refused by who has more than enough.
      if (own.has(other) || theirs.size >= degreeHigh) continue
      own.add(other)
      theirs.add(node)
      changes += 1
    }
  } else if (own.size > degreeHigh) {
    for (const other of chosen([...own], own.size - degree, random)) {
      own.delete(other)
      mesh[other]?.delete(node)
      changes += 1
    }
  }
  return changes
}

/** As many of the items as are wanted, in random order. */
export function chosen<T>(items: readonly T[], count: number, random: Random): T[] {
  const pile = [...items]
  const end = Math.min(count, pile.length)
  for (let place = 0; place < end; place++) {
    const drawn = place + random.below(pile.length - place)
    const swapped = pile[place] as T
    pile[place] = pile[drawn] as T
    pile[drawn] = swapped
  }
  return pile.slice(0, end)
}

/** Hops of the mesh from one node to the one farthest from it; Infinity when some cannot be reached. */
export function eccentricity(mesh: readonly ReadonlySet<number>[], from: number): number {
  const seen = new Uint8Array(mesh.length)
  let ring = [from]
  let reached = 1
  seen[from] = 1
  for (let hops = 0; ; hops++) {
    const next: number[] = []
    for (const node of ring) {
      for (const other of mesh[node] as ReadonlySet<number>) {
        if (seen[other] === 1) continue
        seen[other] = 1
        next.push(other)
      }
    }
    if (next.length === 0) return reached === mesh.length ? hops : Number.POSITIVE_INFINITY
    reached += next.length
    ring = next
  }
}
