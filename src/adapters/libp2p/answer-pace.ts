import { answerAheadBytesMax, answerIdleMs, answersPullingMax } from './limits.ts'

/**
 * When the answers of a stream may pull their next parts: a few at a time, once nothing holds them back, and with other work in between.
 * A part is read, decoded and encoded without a pause, so hundreds of answers asked for in one write would hold the loop for seconds,
 * and all their parts in memory.
 */
export interface AnswerPace {
  /** Resolves when the part may be pulled; false when nobody wants it any more. Throws when nobody takes what was sent. */
  startPull(answer: Answering): Promise<boolean>
  endPull(answer: Answering): void
}

export interface Answering {
  sent: number
  consumed: number
  cancelled: boolean
  isPulling: boolean
  wake: () => void
  /** Runs while the answer waits for its consumer, from whom it last heard when this started. */
  idle: NodeJS.Timeout | undefined
}

/** Pulls without a pause. A vote waits no longer than this and one part. */
const sliceMs = 2

export function createAnswerPace(isQueueFull: () => boolean): AnswerPace {
  const waiting: (() => void)[] = []
  let pulling = 0
  let sliceEndsAt = Number.NEGATIVE_INFINITY

  const mustWait = (answer: Answering) =>
    !answer.cancelled && (isQueueFull() || (answer.sent - answer.consumed) >>> 0 >= answerAheadBytesMax)

  async function enter(): Promise<void> {
    if (pulling < answersPullingMax) pulling++
    else await new Promise<void>((resume) => waiting.push(resume))
    if (performance.now() < sliceEndsAt) return
    await new Promise<void>((resume) => setImmediate(resume))
    sliceEndsAt = performance.now() + sliceMs
  }

  async function hasRoom(answer: Answering): Promise<boolean> {
    if (!mustWait(answer)) return !answer.cancelled
    let isIdle = false
    answer.idle = setTimeout(() => {
      isIdle = true
      answer.wake()
    }, answerIdleMs).unref()
    while (mustWait(answer) && !isIdle) {
      await new Promise<void>((resolve) => {
        answer.wake = resolve
      })
    }
    clearTimeout(answer.idle)
    answer.idle = undefined
    if (isIdle && !answer.cancelled) throw new Error(`nothing of the answer was taken for ${answerIdleMs} ms`)
    return !answer.cancelled
  }

  function endPull(answer: Answering): void {
    if (!answer.isPulling) return
    answer.isPulling = false
    const next = waiting.shift()
    if (next) next()
    else pulling--
  }

  return {
    async startPull(answer) {
      while (await hasRoom(answer)) {
        await enter()
        answer.isPulling = true
        if (!mustWait(answer)) return !answer.cancelled
        endPull(answer)
      }
      return false
    },
    endPull,
  }
}
