import { Worker } from 'node:worker_threads'
import { assert } from '../../primitives/assert.ts'
import { packSignatures, type SignatureScheme } from './signature-packing.ts'
import type { Chunk } from './signature-queue.ts'

/**
 * Threads that check signatures, one chunk each at a time. A thread that dies takes no answer with it: its chunk is handed back,
 * and the pool goes on with one thread fewer.
 */
export interface VerificationPool {
  /** Threads that have started and live. */
  readonly size: number
  /** Those of them without a chunk. */
  readonly idle: number
  /** Gives a chunk to an idle thread. */
  run(scheme: SignatureScheme, chunk: Chunk): void
  stop(): Promise<void>
}

export interface VerificationPoolEvents {
  /** A thread has started, or has answered its chunk. */
  onIdle(): void
  /** A thread is gone, with the chunk it had not answered. */
  onLost(error: Error, scheme: SignatureScheme | undefined, chunk: Chunk | undefined): void
}

interface Thread {
  readonly worker: Worker
  state: 'starting' | 'idle' | { readonly scheme: SignatureScheme; readonly chunk: Chunk }
}

export function startVerificationPool(count: number, events: VerificationPoolEvents): VerificationPool {
  const threads = new Set<Thread>()
  let stopping = false
  for (let index = 0; index < count; index++) threads.add(startThread())

  function startThread(): Thread {
    const worker = new Worker(workerFile(), { name: 'verification', resourceLimits: { maxYoungGenerationSizeMb: 4 } })
    const thread: Thread = { worker, state: 'starting' }
    worker.unref() // A thread with nothing to do does not keep the process alive.
    worker.on('message', (answer: Uint8Array) => {
      const { state } = thread
      thread.state = 'idle'
      worker.unref()
      if (typeof state === 'object') state.chunk.report(Array.from(answer, (byte) => byte === 1))
      events.onIdle()
    })
    worker.on('error', (error) => lose(thread, error instanceof Error ? error : new Error(String(error))))
    worker.on('exit', (code) => lose(thread, new Error(`a verification thread ended with status ${code}`)))
    return thread
  }

  /** Called for the error and again for the exit that follows it; the second time there is nothing left to lose. */
  function lose(thread: Thread, error: Error): void {
    if (!threads.delete(thread) || stopping) return
    const job = typeof thread.state === 'object' ? thread.state : undefined
    events.onLost(error, job?.scheme, job?.chunk)
  }

  const started = () => [...threads].filter(({ state }) => state !== 'starting')
  const idle = () => [...threads].filter(({ state }) => state === 'idle')

  return {
    get size() {
      return started().length
    },
    get idle() {
      return idle().length
    },
    run(scheme, chunk) {
      const [thread] = idle()
      assert(thread !== undefined, 'a verification thread is idle')
      thread.state = { scheme, chunk }
      thread.worker.ref()
      const packed = packSignatures(scheme, chunk.items)
      thread.worker.postMessage(packed, [packed.buffer])
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
