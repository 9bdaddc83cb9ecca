import { responsePartBytesMax } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import type { OperationalError } from '../../primitives/operational-error.ts'
import { answerAheadBytesMax, partsAheadMax } from './limits.ts'

/** A responder waits once it is `answerAheadBytesMax` ahead, which one part may overshoot. */
const aheadBytesMax = answerAheadBytesMax + responsePartBytesMax

/** An answer on its way: parts that have arrived wait here for their consumer. */
export interface PendingAnswer {
  /** False when the responder sent further ahead of the consumer than it may, which nobody is to hold in memory. */
  push(part: Bytes): boolean
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
  let waiting = 0
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
          waiting -= part.length
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
      if (waiting + part.length > aheadBytesMax || parts.length === partsAheadMax) return false
      parts.push(part)
      waiting += part.length
      wake()
      return true
    },
    settle(reason) {
      isSettled = true
      failure = reason
      wake()
    },
    read,
  }
}
