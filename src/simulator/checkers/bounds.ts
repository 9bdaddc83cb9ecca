import type { Scheduler } from '../scheduler.ts'
import type { SimulatedInternet } from '../simulated-internet.ts'
import type { SimulatedNode } from '../simulated-node.ts'
import type { Violation } from './violation.ts'

/** What none of a simulation's queues, pools and logs may exceed, whatever liars feed them. */
export interface Bounds {
  readonly mempoolTransactions: number
  readonly mempoolBytes: number
  readonly batches: number
}

/** A consensus log holds one height, and the one before it. */
const logBytesMax = 32 << 20
/** Of honest nodes: what a liar says is held by its own queues, which nothing bounds but its budget with those who listen. */
const inFlightMaxPerNode = 4096
const eventsMaxPerNode = 16_384

/** The first bound that is broken, if any is. */
export function overflow(
  world: { readonly scheduler: Scheduler; readonly internet: SimulatedInternet },
  nodes: readonly SimulatedNode[],
  bounds: Bounds,
): Violation | undefined {
  const { scheduler, internet } = world
  const broken = firstBroken([['events to come', scheduler.pending, eventsMaxPerNode * nodes.length]])
  if (broken) return { check: 'bounded', node: 'all', height: 0, detail: broken }
  for (const { id, running, disk } of nodes) {
    const { transactions = 0, bytes = 0, batches = 0 } = running?.mempool() ?? {}
    const detail = firstBroken([
      ['transactions in the mempool', transactions, bounds.mempoolTransactions],
      ['bytes in the mempool', bytes, bounds.mempoolBytes],
      ['batches', batches, bounds.batches],
      ['messages in flight', internet.inFlightFrom(id), inFlightMaxPerNode],
      ['bytes of logs', disk.fileBytes, logBytesMax],
    ])
    if (detail) return { check: 'bounded', node: id, height: running?.status().height ?? 0, detail }
  }
  return undefined
}

type Measure = readonly [what: string, value: number, max: number]

function firstBroken(measures: readonly Measure[]): string | undefined {
  const broken = measures.find(([, value, max]) => value > max)
  return broken && `${broken[1]} ${broken[0]}, at most ${broken[2]}`
}
