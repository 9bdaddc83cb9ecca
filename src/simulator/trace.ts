import { createHash } from 'node:crypto'
import type { Scheduler } from './scheduler.ts'

/** Everything observable of a run, in order: one hash tells two runs apart. */
export interface Trace {
  /** Part of the hash. */
  note(line: string): void
  /** For a reader only. */
  remark(line: string): void
  /** SHA-256 of all notes; ends the trace. */
  digest(): string
}

export function createTrace(scheduler: Scheduler, startMs: number, onLine?: (line: string) => void): Trace {
  const hash = createHash('sha256')
  const stamped = (line: string) => `${(scheduler.now() - startMs).toFixed(3)} ${line}`
  return {
    note(line) {
      const entry = stamped(line)
      hash.update(`${entry}\n`)
      onLine?.(entry)
    },
    remark: (line) => onLine?.(stamped(line)),
    digest: () => hash.digest('hex'),
  }
}
