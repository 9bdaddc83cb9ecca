import { availableParallelism } from 'node:os'
import type { SignatureItem } from '../../crypto/verified.ts'
import type { Verifier } from '../../ports/verifier.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import type { SignatureScheme } from './signature-packing.ts'
import { createSignatureQueue } from './signature-queue.ts'
import { createVerificationScheduler } from './verification-scheduler.ts'

/** Signature checks on this machine: on threads of their own where there are any, otherwise on the main thread in short slices. */
export interface SystemVerifier extends Verifier {
  /** Resolves when everything asked so far is answered and the threads have ended. What is asked afterwards is refused. */
  stop(): Promise<void>
}

export interface SystemVerifierOptions {
  /**
   * Threads, started when they are first needed. Each costs about 16 MB, or 30 when it runs the sources as they are. 0: the main
   * thread alone. Default: `verificationWorkers()`.
   */
  readonly workers?: number
  /** Most signatures of each scheme that wait; more are refused with VERIFIER_UNAVAILABLE. */
  readonly waitingMax?: number
  /** A thread died. The work goes on without it. */
  readonly onWorkerLost?: (error: Error) => void
}

/**
 * One thread for two cores, four at most. Where all cores are busy threads check no more signatures than the main thread alone,
 * but a vote is verified ten times sooner, since nothing else waits for the main thread and it waits for nothing.
 */
export function verificationWorkers(cores = availableParallelism()): number {
  return Math.min(4, cores >> 1)
}

export function createSystemVerifier(options: SystemVerifierOptions = {}): SystemVerifier {
  const { workers = verificationWorkers(), waitingMax = 1 << 18, onWorkerLost } = options
  const queues = { ed25519: createSignatureQueue(waitingMax), bls: createSignatureQueue(waitingMax) }
  const scheduler = createVerificationScheduler({ queues, workers, onWorkerLost })
  let unanswered = 0
  let onAllAnswered: (() => void) | undefined
  let stopped: Promise<void> | undefined

  async function ask(scheme: SignatureScheme, items: readonly SignatureItem[]): Promise<readonly boolean[]> {
    if (stopped !== undefined) throw new OperationalError('VERIFIER_UNAVAILABLE', 'The verifier is stopping.')
    const answer = queues[scheme].add(items)
    if (answer === undefined) {
      throw new OperationalError('VERIFIER_UNAVAILABLE', `${queues[scheme].size} ${scheme} signatures wait to be checked.`)
    }
    unanswered += 1
    scheduler.wake()
    const verdicts = await answer
    unanswered -= 1
    if (unanswered === 0) onAllAnswered?.()
    return verdicts
  }

  async function stop(): Promise<void> {
    if (unanswered > 0) await new Promise<void>((resolve) => (onAllAnswered = resolve))
    await scheduler.stop()
  }

  return {
    ed25519: (items) => ask('ed25519', items),
    bls: (items) => ask('bls', items),
    stop: () => (stopped ??= stop()),
  }
}
