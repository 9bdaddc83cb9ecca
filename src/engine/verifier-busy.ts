import type { Clock } from '../ports/clock.ts'
import { OperationalError } from '../primitives/operational-error.ts'

/** The verifier refuses work when more waits than it can do, which peers can bring about: a reason to try later, never to stop. */
export function isVerifierBusy(error: unknown): boolean {
  return error instanceof OperationalError && error.code === 'VERIFIER_UNAVAILABLE'
}

const pauseMs = 100

/** Does `work` again, after a pause each time, while the verifier is busy and `wanted`; `undefined` when it is wanted no longer. */
export async function whenVerifierIsFree<T>(clock: Clock, wanted: () => boolean, work: () => Promise<T>): Promise<T | undefined> {
  while (wanted()) {
    try {
      return await work()
    } catch (error) {
      if (!isVerifierBusy(error)) throw error
      await new Promise<void>((resume) => clock.schedule(pauseMs, resume))
    }
  }
  return undefined
}
