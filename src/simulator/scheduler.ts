import type { Clock } from '../ports/clock.ts'

/**
 * The one thing that makes anything happen in a simulated world. Events run one at a time, in order of time and then of scheduling;
 * between two of them every promise that can settle has settled. So a run is a function of its seed.
 */
export interface Scheduler {
  /** Simulated milliseconds since the Unix epoch. May have a fraction. */
  now(): number
  /** Runs `event` after `delayMs`; returns how to call it off. */
  after(delayMs: number, event: () => void): () => void
  /** Runs events until the given time, or until `done` says so; returns the number of events. */
  run(untilMs: number, done?: () => boolean): Promise<number>
}

interface Entry {
  readonly at: number
  readonly sequence: number
  event: (() => void) | undefined
}

/** Taken before a simulation poisons the globals. Runs after the microtask queue is empty. */
const settle = setImmediate

export function createScheduler(startMs: number): Scheduler {
  const heap: Entry[] = []
  let now = startMs
  let sequence = 0

  return {
    now: () => now,
    after(delayMs, event) {
      const entry: Entry = { at: now + Math.max(0, delayMs), sequence: sequence++, event }
      push(heap, entry)
      return () => {
        entry.event = undefined
      }
    },
    async run(untilMs, done = () => false) {
      let events = 0
      await new Promise<void>((resume) => settle(resume))
      while (heap.length > 0 && (heap[0] as Entry).at <= untilMs && !done()) {
        const entry = pop(heap)
        if (!entry.event) continue
        now = entry.at
        events++
        entry.event()
        await new Promise<void>((resume) => settle(resume))
      }
      if (!done()) now = Math.max(now, untilMs)
      return events
    },
  }
}

/** A node's clock: the world's, offset by how wrong the node's own is. */
export function createSimulatedClock(scheduler: Scheduler, offsetMs: () => number): Clock {
  return {
    now: () => Math.floor(scheduler.now() + offsetMs()),
    monotonic: () => scheduler.now(),
    schedule(delayMs, callback) {
      return { cancel: scheduler.after(delayMs, callback) }
    },
  }
}

function before(left: Entry, right: Entry): boolean {
  return left.at < right.at || (left.at === right.at && left.sequence < right.sequence)
}

function push(heap: Entry[], entry: Entry): void {
  let index = heap.push(entry) - 1
  while (index > 0) {
    const parent = (index - 1) >> 1
    if (!before(entry, heap[parent] as Entry)) break
    heap[index] = heap[parent] as Entry
    index = parent
  }
  heap[index] = entry
}

function pop(heap: Entry[]): Entry {
  const top = heap[0] as Entry
  const last = heap.pop() as Entry
  if (heap.length === 0) return top
  let index = 0
  for (;;) {
    let child = 2 * index + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child++
    if (!before(heap[child] as Entry, last)) break
    heap[index] = heap[child] as Entry
    index = child
  }
  heap[index] = last
  return top
}
