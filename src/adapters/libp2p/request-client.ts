/**
 * Requests to one peer over one long-lived stream per protocol: ids tell answers apart, so a request costs a frame and not a stream.
 * A consumer that is slow holds its own answer back, at `answerAheadBytesMax`, and no other.
 */
import type { Stream } from '@libp2p/interface'
import { type RequestProtocol, requestBytesMax } from '../../ports/network.ts'
import { assert } from '../../primitives/assert.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import type { BulkBudget } from './bulk-budget.ts'
import { textOf } from './control-stream.ts'
import { messageOf } from './direct-channels.ts'
import { type ReceivedFrame, readUint32, writeUint32 } from './frame.ts'
import { createFrameQueue } from './frame-queue.ts'
import { createFrameStream, type FrameStream } from './frame-stream.ts'
import { answerAheadBytesMax, requestsInFlightMax } from './limits.ts'
import { answerFrameBytesMax, answerKind, requestKind, requestPriority, requestProtocolName } from './request-frames.ts'

export interface RequestClientOptions {
  readonly protocol: RequestProtocol
  readonly budget: BulkBudget
  readonly open: (protocol: string) => Promise<Stream>
  readonly onViolation: (what: string) => void
  readonly onLost: (reason: string) => void
}

export interface RequestClient {
  /** Sends at once. `timeoutMs` bounds the time until the answer's end has arrived. */
  request(message: Bytes, timeoutMs: number): AsyncGenerator<Bytes, void, undefined>
  /** Fails what is in flight. */
  close(reason: string): void
}

/** An answer on its way. */
interface Pending {
  readonly parts: Bytes[]
  outcome: 'open' | 'complete' | OperationalError
  consumed: number
  reported: number
  wake: () => void
  timer: NodeJS.Timeout | undefined
}

export function createRequestClient(options: RequestClientOptions): RequestClient {
  const { protocol } = options
  const pending = new Map<number, Pending>()
  const queue = createFrameQueue({ bytes: requestsInFlightMax * (requestBytesMax + 64), messages: requestsInFlightMax * 64 })
  let frames: FrameStream | undefined
  let opening = false
  let lastId = 0
  let closed: string | undefined

  function open(): void {
    opening = true
    options.open(requestProtocolName(protocol)).then(
      (stream) => {
        frames = createFrameStream(stream, {
          queues: [queue],
          bytesMaxOf: (kind) => answerFrameBytesMax.get(kind),
          onFrame: receive,
          onViolation: options.onViolation,
          onClosed: () => options.onLost(`the stream ${requestProtocolName(protocol)} ended`),
          bulk: { budget: options.budget, priority: requestPriority(protocol) },
        })
        frames.flush()
      },
      (cause: unknown) => options.onLost(`the stream ${requestProtocolName(protocol)} could not be opened: ${messageOf(cause)}`),
    )
  }

  function send(kind: number, id: number, payload: Bytes): void {
    if (!queue.push({ kind, id, payload })) return options.onLost('requests are sent but not read')
    if (frames !== undefined) frames.flush()
    else if (!opening) open()
  }

  function receive(frame: ReceivedFrame): void {
    if (frame.payload.length < 4) return options.onViolation('an answer without an id')
    const id = readUint32(frame.payload, 0)
    const answer = pending.get(id)
    // Parts of a cancelled answer may still be under way; an id that was never given out may not.
    if (answer === undefined) return id > lastId || id === 0 ? options.onViolation('an answer to no request') : undefined
    if (frame.kind === answerKind.part) answer.parts.push(frame.payload.subarray(4))
    else if (frame.kind === answerKind.end) settle(id, answer, 'complete')
    else settle(id, answer, failure(protocol, `the peer refused: ${textOf(frame.payload.subarray(4))}`))
    answer.wake()
  }

  function settle(id: number, answer: Pending, outcome: 'complete' | OperationalError): void {
    clearTimeout(answer.timer)
    pending.delete(id)
    answer.outcome = outcome
    answer.wake()
  }

  function start(message: Bytes, timeoutMs: number): { id: number; answer: Pending } {
    assert(message.length <= requestBytesMax, 'a request is longer than requestBytesMax')
    const answer: Pending = { parts: [], outcome: 'open', consumed: 0, reported: 0, wake: () => undefined, timer: undefined }
    if (closed !== undefined || pending.size >= requestsInFlightMax || lastId === 0xffff_ffff) {
      answer.outcome = failure(protocol, closed ?? `more than ${requestsInFlightMax} requests are in flight to this peer`)
      return { id: 0, answer }
    }
    lastId += 1
    const id = lastId
    pending.set(id, answer)
    answer.timer = setTimeout(() => {
      send(requestKind.cancel, id, nothing)
      settle(id, answer, failure(protocol, `no whole answer within ${timeoutMs} ms`))
    }, timeoutMs)
    send(requestKind.request, id, message)
    return { id, answer }
  }

  /** Tells the responder how far the consumer is, once it waits for that. */
  function reportConsumed(id: number, answer: Pending): void {
    if (answer.outcome !== 'open' || answer.consumed - answer.reported < answerAheadBytesMax / 2) return
    answer.reported = answer.consumed
    const total = new Uint8Array(4)
    writeUint32(total, 0, answer.consumed >>> 0)
    send(requestKind.consumed, id, total)
  }

  async function* read(id: number, answer: Pending): AsyncGenerator<Bytes, void, undefined> {
    try {
      for (;;) {
        const part = answer.parts.shift()
        if (part !== undefined) {
          answer.consumed += part.length
          reportConsumed(id, answer)
          yield part
        } else if (answer.outcome === 'complete') return
        else if (answer.outcome !== 'open') throw answer.outcome
        else
          await new Promise<void>((resolve) => {
            answer.wake = resolve
          })
      }
    } finally {
      if (answer.outcome === 'open') {
        send(requestKind.cancel, id, nothing)
        settle(id, answer, 'complete')
      }
    }
  }

  return {
    request(message, timeoutMs) {
      const { id, answer } = start(message, timeoutMs)
      return read(id, answer)
    },
    close(reason) {
      closed = reason
      for (const [id, answer] of pending) settle(id, answer, failure(protocol, reason))
    },
  }
}

const nothing = new Uint8Array(0)

export function failure(protocol: RequestProtocol, message: string): OperationalError {
  return new OperationalError('REQUEST_FAILED', `${protocol} request failed: ${message}`)
}
