import type { TraceView } from '../../client/operator-views.ts'

/** What of the traced message was seen: it, the batch that carried it, the block that holds it. */
export type Subject = 'transaction' | 'batch' | 'block'

/** One thing that happened to the message, on one node. */
export interface Step {
  readonly node: string
  readonly subject: Subject
  readonly hash: string
  readonly event: string
  readonly at: number
  /** Since the first step of all, ms. */
  readonly afterMs: number
  /** The other node, where it came from one or went to one. */
  readonly peer: string | null
  /** Since the other node sent it, ms, where it came from one that was asked. */
  readonly hopMs: number | null
  readonly within: string | null
  readonly height: number | null
}

/** What one node told of one hash. */
export interface Told {
  readonly node: string
  readonly subject: Subject
  readonly hash: string
  readonly view: TraceView
}

/** All steps in the order of their times; those of one node stay in the order in which that node noted them. */
export function messagePath(told: readonly Told[], nameOf: (peerId: string) => string): readonly Step[] {
  const steps = told.flatMap(({ node, subject, hash, view }) =>
    view.sightings.map(({ peer, ...sighting }) => ({
      ...sighting,
      node,
      subject,
      hash,
      peer: peer === null ? null : nameOf(peer),
    })),
  )
  const firstAt = Math.min(...steps.map(({ at }) => at))
  return steps
    .toSorted((left, right) => left.at - right.at)
    .map((step) => ({ ...step, afterMs: step.at - firstAt, hopMs: hopOf(step, steps) }))
}

type Bare = Omit<Step, 'afterMs' | 'hopMs'>

const arrivals = ['received', 'pulled', 'announced']
const departures = ['pushed', 'packed', 'proposed', 'received', 'pulled']

export function isArrival({ event, peer }: Pick<Step, 'event' | 'peer'>): boolean {
  return peer !== null && arrivals.includes(event)
}

/** Since the other node pushed it here, or else since it had it to send. */
function hopOf(step: Bare, all: readonly Bare[]): number | null {
  if (!isArrival(step)) return null
  const theirs = all.filter(({ node, hash }) => node === step.peer && hash === (step.within ?? step.hash))
  const pushed = theirs.find(({ event, peer }) => event === 'pushed' && peer === step.node)
  const had = pushed ?? theirs.find(({ event }) => departures.includes(event))
  return had ? step.at - had.at : null
}

/** Nodes under those from which they first had it. */
export interface Hop {
  readonly node: string
  readonly steps: readonly Step[]
  readonly next: readonly Hop[]
}

/** The way of one hash: a tree for each node that had it from nobody that was asked. */
export function hopsOf(steps: readonly Step[]): readonly Hop[] {
  const nodes = [...new Set(steps.map(({ node }) => node))]
  const from = new Map(nodes.map((node) => [node, steps.find((step) => step.node === node && isArrival(step))?.peer]))
  const placed = new Set<string>()
  const grow = (node: string): Hop => {
    placed.add(node)
    const children = nodes.filter((other) => from.get(other) === node && !placed.has(other))
    return { node, steps: steps.filter((step) => step.node === node), next: children.map(grow) }
  }
  const roots = nodes.filter((node) => !nodes.includes(from.get(node) ?? ''))
  const trees = roots.map(grow)
  // Clocks that differ can make two nodes each other's source: whoever was first is the root then.
  for (const node of nodes) if (!placed.has(node)) trees.push(grow(node))
  return trees
}
