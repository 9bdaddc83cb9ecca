import type { Clock } from '../ports/clock.ts'
import { createBinaryHeap } from '../primitives/binary-heap.ts'

/**
 * The one thing that makes anything happen in a simulated world. Events run one at a time, in order of time and then of scheduling;
 * between two of them every promise that can settle has settled. So a run is a function of its seed.
 */
export interface Scheduler {
  /** Simulated milliseconds since the Unix epoch. May have a fraction. */
  now(): number
  /** Runs `event` after `delayMs`; returns how to call it off. */
  after(delayMs: number, event: () => void): () => void
  /** Runs events until the given time, or until `done` says so; returns the number of events. An event that throws ends the run. */
  run(untilMs: number, done?: () => boolean): Promise<number>
  /** Events that are still to come, those called off included. */
  readonly pending: number
}

interface Entry {
  readonly at: number
  readonly sequence: number
  event: (() => void) | undefined
}

/** Taken before a simulation poisons the globals. Runs after the microtask queue is empty. */
const settle = setImmediate

export function createScheduler(startMs: number): Scheduler {
  const heap = createBinaryHeap<Entry>(
    (left, right) => left.at < right.at || (left.at === right.at && left.sequence < right.sequence),
  )
  let now = startMs
  let sequence = 0
  const settled = () => new Promise<void>((resume) => settle(resume))

  return {
    now: () => now,
    after(delayMs, event) {
      const entry: Entry = { at: now + Math.max(0, delayMs), sequence: sequence++, event }
      heap.push(entry)
      return () => {
        entry.event = undefined
      }
    },
    async run(untilMs, done = () => false) {
      let events = 0
      await settled()
      while (!done()) {
        const next = heap.peek()
        if (!next || next.at > untilMs) break
        heap.pop()
        if (!next.event) continue
        now = next.at
        events++
        next.event()
        await settled()
      }
      if (!done()) now = Math.max(now, untilMs)
      return events
    },
    get pending() {
      return heap.size
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
