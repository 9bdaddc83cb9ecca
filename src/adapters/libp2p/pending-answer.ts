import type { Bytes } from '../../primitives/bytes.ts'
import type { OperationalError } from '../../primitives/operational-error.ts'
import { answerAheadBytesMax } from './limits.ts'

/** An answer on its way: parts that have arrived wait here for their consumer. */
export interface PendingAnswer {
  push(part: Bytes): void
  /** Nothing more will come: the answer is complete, or has failed. What has arrived can still be read. */
  settle(failure?: OperationalError): void
  read(): AsyncGenerator<Bytes, void, undefined>
}

export interface PendingAnswerOptions {
  /** The consumer has taken so many bytes in total: told each time the responder may be waiting for it. */
  readonly onConsumed: (total: number) => void
  /** The consumer stopped before the end. */
  readonly onAbandoned: () => void
}

export function createPendingAnswer(options: PendingAnswerOptions): PendingAnswer {
  const parts: Bytes[] = []
  let isSettled = false
  let failure: OperationalError | undefined
  let consumed = 0
  let reported = 0
  let wake: () => void = () => undefined

  function countConsumed(bytes: number): void {
    consumed += bytes
    if (isSettled || consumed - reported < answerAheadBytesMax / 2) return
    reported = consumed
    options.onConsumed(consumed)
  }

  async function* read(): AsyncGenerator<Bytes, void, undefined> {
    try {
      for (;;) {
        const part = parts.shift()
        if (part !== undefined) {
          countConsumed(part.length)
          yield part
        } else if (!isSettled) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        } else if (failure !== undefined) throw failure
        else return
      }
    } finally {
      if (!isSettled) options.onAbandoned()
    }
  }

  return {
    push(part) {
      parts.push(part)
      wake()
    },
    settle(reason) {
      isSettled = true
      failure = reason
      wake()
    },
    read,
  }
}
