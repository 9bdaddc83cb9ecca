import { type BinaryHeap, createBinaryHeap } from '../primitives/binary-heap.ts'
import type { HeldBatch } from './held-batch.ts'

/**
 * Which open batch goes when room is needed: of a peer that holds more than its share while others want in, and then whatever pays
 * least for its bytes, so that filler pushes out filler. Of equals the newest goes: whoever comes later must pay more.
 */
export interface EvictionOrder {
  /** A batch is open, or what its open transactions pay has changed. */
  put(batch: HeldBatch): void
  remove(batch: HeldBatch): void
  next(): HeldBatch | undefined
}

export interface Share {
  readonly batches: number
  readonly bytes: number
}

interface Entry {
  readonly batch: HeldBatch
  readonly worth: number
}

interface Source {
  heap: BinaryHeap<Entry>
  batches: number
  bytes: number
}

/** Entries are left where they are when they no longer hold, until there are this many times more of them than batches. */
const staleFactor = 4

/** @param worthOf what the batch's open transactions pay for a byte of it. @param share of one source. */
export function createEvictionOrder(worthOf: (batch: HeldBatch) => number, share: Share): EvictionOrder {
  const present = new Map<HeldBatch, number>()
  const sources = new Map<string | undefined, Source>()
  const before = (left: Entry, right: Entry) =>
    left.worth < right.worth || (left.worth === right.worth && left.batch.arrival > right.batch.arrival)

  function lowestOf(source: Source): Entry | undefined {
    for (let top = source.heap.peek(); top; top = source.heap.peek()) {
      if (present.get(top.batch) === top.worth) return top
      source.heap.pop()
    }
    return undefined
  }

  function compact(source: Source): void {
    if (source.heap.size <= staleFactor * source.batches + 64) return
    const entries: Entry[] = []
    for (let entry = source.heap.pop(); entry; entry = source.heap.pop()) {
      if (present.get(entry.batch) === entry.worth) entries.push(entry)
    }
    source.heap = createBinaryHeap(before, entries)
  }

  return {
    put(batch) {
      const source = sources.get(batch.source) ?? { heap: createBinaryHeap(before), batches: 0, bytes: 0 }
      sources.set(batch.source, source)
      if (!present.has(batch)) {
        source.batches++
        source.bytes += batch.encoded.length
      }
      const worth = worthOf(batch)
      if (present.get(batch) === worth) return
      present.set(batch, worth)
      source.heap.push({ batch, worth })
      compact(source)
    },
    remove(batch) {
      if (!present.delete(batch)) return
      const source = sources.get(batch.source) as Source
      source.batches--
      source.bytes -= batch.encoded.length
      if (source.batches === 0) sources.delete(batch.source)
    },
    next() {
      let lowest: Entry | undefined
      let greedy: Source | undefined
      for (const [name, source] of sources) {
        const top = lowestOf(source)
        if (top && (!lowest || before(top, lowest))) lowest = top
        const tooMuch = name !== undefined && (source.batches > share.batches || source.bytes > share.bytes)
        if (tooMuch && (!greedy || source.bytes > greedy.bytes)) greedy = source
      }
      return (sources.size > 1 && greedy ? lowestOf(greedy) : lowest)?.batch
    },
  }
}
