import { Worker } from 'node:worker_threads'
import { assert } from '../../primitives/assert.ts'
import { packSignatures, type SignatureScheme } from './signature-packing.ts'
import type { Chunk } from './signature-queue.ts'
import type { VerificationAnswer, VerificationTask } from './verification-worker.ts'

/**
 * Threads that check signatures. Each holds chunks ahead, so that it has work while the main thread executes a block and hands out
 * nothing; it takes votes before transactions. A thread that dies takes no answer with it: its chunks are handed back, and the pool
 * goes on with one thread fewer.
 */
export interface VerificationPool {
  /** Threads that have started and live. */
  readonly size: number
  /** Whether a thread takes another chunk of the scheme. */
  hasRoom(scheme: SignatureScheme): boolean
  /** Gives a chunk to the thread with the fewest, of those that have room. */
  run(scheme: SignatureScheme, chunk: Chunk): void
  stop(): Promise<void>
}

export interface VerificationPoolEvents {
  /** A thread has started, or has answered a chunk. */
  onRoom(): void
  /** A thread is gone, with the chunks it had not answered. */
  onLost(error: Error, jobs: readonly VerificationJob[]): void
}

export interface VerificationJob {
  readonly scheme: SignatureScheme
  readonly chunk: Chunk
}

interface Thread {
  readonly worker: Worker
  started: boolean
  lastJob: number
  /** Not yet answered, by number. */
  readonly jobs: Map<number, VerificationJob>
}

/**
 * Chunks a thread holds. Transactions: for some 150 ms, in which the main thread may execute a block. Votes: one, since the main thread
 * checks them too, and sooner than a second chunk would be.
 */
const chunksMax = { ed25519: 16, bls: 1 }

export function startVerificationPool(count: number, events: VerificationPoolEvents): VerificationPool {
  const threads = new Set<Thread>()
  let stopping = false
  for (let index = 0; index < count; index++) threads.add(startThread())

  function startThread(): Thread {
    const worker = new Worker(workerFile(), { name: 'verification', resourceLimits: { maxYoungGenerationSizeMb: 4 } })
    const thread: Thread = { worker, started: false, lastJob: 0, jobs: new Map() }
    worker.unref() // A thread with nothing to do does not keep the process alive.
    worker.on('message', (answer: VerificationAnswer | undefined) => {
      thread.started = true
      if (answer) report(thread, answer)
      events.onRoom()
    })
    worker.on('error', (error) => lose(thread, error instanceof Error ? error : new Error(String(error))))
    worker.on('exit', (code) => lose(thread, new Error(`a verification thread ended with status ${code}`)))
    return thread
  }

  function report({ worker, jobs }: Thread, { job, verdicts }: VerificationAnswer): void {
    const answered = jobs.get(job)
    jobs.delete(job)
    if (jobs.size === 0) worker.unref()
    answered?.chunk.report(Array.from(verdicts, (byte) => byte === 1))
  }

  /** Called for the error and again for the exit that follows it; the second time there is nothing left to lose. */
  function lose(thread: Thread, error: Error): void {
    if (threads.delete(thread) && !stopping) events.onLost(error, [...thread.jobs.values()])
  }

  const started = (): Thread[] => [...threads].filter((thread) => thread.started)
  const load = ({ jobs }: Thread, scheme: SignatureScheme): number =>
    [...jobs.values()].filter((job) => job.scheme === scheme).length
  const withRoom = (scheme: SignatureScheme): Thread[] => started().filter((thread) => load(thread, scheme) < chunksMax[scheme])

  return {
    get size() {
      return started().length
    },
    hasRoom: (scheme) => withRoom(scheme).length > 0,
    run(scheme, chunk) {
      const [thread] = withRoom(scheme).sort((one, other) => one.jobs.size - other.jobs.size)
      assert(thread !== undefined, 'a verification thread has room')
      const job = ++thread.lastJob
      thread.jobs.set(job, { scheme, chunk })
      thread.worker.ref()
      const packed = packSignatures(scheme, chunk.items)
      const task: VerificationTask = { job, packed }
      thread.worker.postMessage(task, [packed.buffer])
    },
    async stop() {
      stopping = true
      await Promise.all([...threads].map(({ worker }) => worker.terminate()))
    },
  }
}

/** The sources run as they are, the published package as compiled. */
function workerFile(): URL {
  return import.meta.url.endsWith('.ts')
    ? new URL('./verification-worker.ts', import.meta.url)
    : new URL('./verification-worker.js', import.meta.url)
}
