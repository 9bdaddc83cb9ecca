import { blsBatchSteps, blsVerifyBatch } from '../../crypto/bls.ts'
import { ed25519Verify } from '../../crypto/ed25519.ts'
import type { SignatureItem } from '../../crypto/verified.ts'
import type { SignatureScheme } from './signature-packing.ts'
import type { Chunk, SignatureQueue } from './signature-queue.ts'
import { startVerificationPool, type VerificationJob, type VerificationPool } from './verification-pool.ts'

/**
 * Decides which signatures are checked next, and where. BLS signatures (votes) always go before Ed25519 signatures
 * (transactions). Threads get what is worth packing; the main thread does the rest in slices, between which everything else
 * has its turn: votes when no thread has room, and the few transactions that are checked faster than a thread is asked.
 */
export interface VerificationScheduler {
  /** To be called whenever something was queued. */
  wake(): void
  stop(): Promise<void>
}

/** A slice of the main thread lasts this long and at most one step more: 10 ms in all. */
const sliceMs = 5
/** Steps of the main thread: 0.4 ms, and 4 ms for votes of one value. */
const stepItems = { ed25519: 8, bls: 32 }
/** At most 8 ms of a thread: a vote that comes meanwhile is next. */
const chunkItems = { ed25519: 128, bls: 64 }
/** Threads cost memory: none is started before so many signatures wait at once that a slice would not do. */
const busyItems = { ed25519: 64, bls: 32 }

export function createVerificationScheduler(options: {
  queues: Readonly<Record<SignatureScheme, SignatureQueue>>
  workers: number
  onWorkerLost: ((error: Error) => void) | undefined
}): VerificationScheduler {
  const { queues, workers, onWorkerLost } = options
  let awake = false
  let votes: VoteCheck | undefined
  let pool: VerificationPool | undefined

  /** The main thread does what the lost one did not: a chunk that kills threads must not go from one to the next. */
  function onLost(error: Error, jobs: readonly VerificationJob[]): void {
    for (const { scheme, chunk } of jobs) chunk.report(scheme === 'bls' ? blsVerifyBatch(chunk.items) : checkEd25519(chunk.items))
    onWorkerLost?.(error)
    wake()
  }

  function wake(): void {
    if (awake) return
    awake = true
    setImmediate(runSlice)
  }

  function runSlice(): void {
    awake = false
    const end = performance.now() + sliceMs
    if (workers > 0 && isBusy()) pool ??= startVerificationPool(workers, { onRoom: wake, onLost })
    if (pool !== undefined) handOut(pool)
    if (votes === undefined && queues.bls.size > 0) votes = startVotes(queues.bls.take(stepItems.bls))
    if (votes !== undefined && isLastStep(votes)) votes = undefined
    while (ed25519StaysHere() && performance.now() < end) {
      const chunk = queues.ed25519.take(stepItems.ed25519)
      chunk.report(checkEd25519(chunk.items))
    }
    if (votes !== undefined || queues.bls.size > 0 || ed25519StaysHere()) wake()
  }

  function isBusy(): boolean {
    return queues.ed25519.size > busyItems.ed25519 || queues.bls.size > busyItems.bls
  }

  function handOut(threads: VerificationPool): void {
    for (const scheme of ['bls', 'ed25519'] as const) {
      const queue = queues[scheme]
      const worthPacking = scheme === 'bls' ? 1 : stepItems.ed25519 + 1
      while (queue.size >= worthPacking && threads.hasRoom(scheme)) threads.run(scheme, queue.take(chunkItems[scheme]))
    }
  }

  function ed25519StaysHere(): boolean {
    const { size } = queues.ed25519
    return size > 0 && (pool === undefined || pool.size === 0 || size <= stepItems.ed25519)
  }

  return {
    wake,
    async stop() {
      await pool?.stop()
    },
  }
}

interface VoteCheck {
  readonly chunk: Chunk
  readonly steps: ReturnType<typeof blsBatchSteps>
}

function startVotes(chunk: Chunk): VoteCheck {
  return { chunk, steps: blsBatchSteps(chunk.items) }
}

/** Computes one equation; when there was none left to compute the chunk is answered. */
function isLastStep({ chunk, steps }: VoteCheck): boolean {
  const step = steps.next()
  if (step.done) chunk.report(step.value)
  return step.done === true
}

function checkEd25519(items: readonly SignatureItem[]): readonly boolean[] {
  return items.map(({ publicKey, message, signature }) => ed25519Verify(publicKey, message, signature))
}
