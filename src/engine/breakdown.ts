import type { Telemetry } from '../ports/telemetry.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import type { NodeEvents } from './node-events.ts'
import type { SigningGate } from './signing-gate.ts'

/** The end of a node that cannot go on. The first cause counts; it signs nothing from then on, and its owner is told. */
export interface Breakdown {
  fail(error: unknown): void
  /** Resolves with the cause; never, while all is well. */
  readonly failed: Promise<OperationalError>
  /** The node is being stopped on purpose: what breaks while things are taken apart is no news. */
  expect(): void
}

export function createBreakdown(options: { telemetry: Telemetry; gate: SigningGate; events: NodeEvents }): Breakdown {
  const { telemetry, gate, events } = options
  const { promise, resolve } = Promise.withResolvers<OperationalError>()
  let over = false

  return {
    failed: promise,
    fail(error) {
      if (over) return
      over = true
      const cause = asOperational(error)
      gate.shut(cause.message)
      telemetry.log('error', 'the node cannot go on', { code: cause.code, error: cause.message, stack: cause.stack })
      events.emit({ type: 'fault', message: cause.message })
      resolve(cause)
    },
    expect() {
      over = true
    },
  }
}

/** What is no fault of the machine is one of ours: it ends the node all the same, under the code of that. */
function asOperational(error: unknown): OperationalError {
  if (error instanceof OperationalError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new OperationalError('NODE_STOPPED', `The node met a fault of its own: ${message}`, { cause: error })
}
