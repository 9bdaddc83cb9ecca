/** Answers to one peer's requests of one protocol, on one stream at a time. Answers run concurrently, bounded in number, and wait for a consumer that is slow. */
import type { Stream } from '@libp2p/interface'
import { refusalText, refusalUntil } from '../../peers/refusal.ts'
import { type RequestProtocol, responsePartBytesMax } from '../../ports/network.ts'
import { AssertionError, assert } from '../../primitives/assert.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { takeTokens, tokenBucketPolicy } from '../../primitives/token-bucket.ts'
import { type Answering, createAnswerPace } from './answer-pace.ts'
import type { BulkBudget } from './bulk-budget.ts'
import type { Compressor } from './compressor.ts'
import { boundedText } from './control-frames.ts'
import type { LinkCover } from './cover.ts'
import type { Features } from './features.ts'
import { type ReceivedFrame, readUint32 } from './frame.ts'
import { createFrameQueue } from './frame-queue.ts'
import { createFrameStream } from './frame-stream.ts'
import { answersPullingMax, answersQueuedBytesMax, requestStreamsBurst, requestsInFlightMax } from './limits.ts'
import type { PaddingAllowance } from './padding.ts'
import type { ReadGate } from './read-gate.ts'
import { requestFrameBytesMax, requestPriority } from './request-frames.ts'
import { answerKind, requestKind, requestProtocolName } from './request-kinds.ts'
import type { FrameCounter } from './traffic-meter.ts'

export interface RequestServerOptions {
  readonly protocol: RequestProtocol
  readonly budget: BulkBudget
  readonly gate: ReadGate
  readonly compressor: Compressor
  /** What the peer can do. */
  readonly features: () => Features
  readonly counter: FrameCounter
  readonly cover: LinkCover
  readonly paddingAllowance: PaddingAllowance
  /** Streams that the peer may open. */
  readonly streamsPerMinute: number
  /** `undefined` when no request is answered any more. */
  readonly answer: (message: Bytes) => AsyncIterable<Bytes> | undefined
  readonly onViolation: (what: string) => void
  readonly onLost: (reason: string) => void
}

/** When a requester may come again that has as many requests in flight as are answered at a time. */
const requestsBusyMs = 1_000

export interface RequestServer {
  /** Serves a stream that the peer opened. Another may follow once it has ended, well and with nothing in flight. */
  accept(stream: Stream): void
}

export function createRequestServer(options: RequestServerOptions): RequestServer {
  const { protocol } = options
  const openings = tokenBucketPolicy(options.streamsPerMinute, 60_000, requestStreamsBurst)
  // Of all streams: an answer that is slow to notice that nobody wants it any more still counts.
  const answering = new Map<number, Answering>()
  let bucket = 0
  let isServing = false

  function refuse(stream: Stream, what: string): void {
    stream.abort(new Error(what))
    options.onViolation(what)
  }

  return {
    accept(stream) {
      if (isServing) return refuse(stream, `a second stream of ${protocol} requests`)
      const taken = takeTokens(openings, bucket, performance.now())
      if (!taken.conforms) return refuse(stream, `streams of ${protocol} requests are opened too often`)
      bucket = taken.bucket
      isServing = true
      serveStream(stream, answering, {
        ...options,
        onEnd() {
          isServing = false
        },
      })
    },
  }
}

interface StreamOptions extends RequestServerOptions {
  /** The requester closed the stream as it should. */
  readonly onEnd: () => void
}

function serveStream(stream: Stream, answering: Map<number, Answering>, options: StreamOptions): void {
  const { protocol } = options
  let hasEnded = false
  const pace = createAnswerPace(() => queue.bytes >= answersQueuedBytesMax)
  // Whoever pulls a part has waited for room. Each that pulls at the same time may overshoot it by a part; one more pays for refusals.
  const queue = createFrameQueue({
    bytes: answersQueuedBytesMax + (answersPullingMax + 1) * responsePartBytesMax,
    messages: requestsInFlightMax * 1024,
  })

  const frames = createFrameStream(stream, {
    queues: [queue],
    bytesMaxOf: (kind) => requestFrameBytesMax.get(kind),
    onFrame: receive,
    onViolation: options.onViolation,
    onSent: () => wakeAll(),
    counter: options.counter,
    gate: options.gate,
    onEnd() {
      if (answering.values().some(({ cancelled }) => !cancelled)) return stream.abort(new Error('requests are in flight'))
      hasEnded = true
      options.onEnd()
      frames.end()
    },
    onClosed(wasWhole) {
      if (hasEnded && wasWhole) return
      for (const answer of answering.values()) cancel(answer)
      options.onLost(`the stream ${requestProtocolName(protocol)} ended`)
    },
    bulk: { budget: options.budget, priority: requestPriority(protocol) },
    paddingAllowance: options.paddingAllowance,
    ...options.cover.bulk,
  })

  function wakeAll(): void {
    if (queue.bytes < answersQueuedBytesMax) for (const answer of answering.values()) answer.wake()
  }

  function cancel(answer: Answering): void {
    answer.cancelled = true
    answer.wake()
  }

  function send(kind: number, id: number, payload: Bytes): void {
    if (queue.push({ kind, id, payload })) frames.flush()
    else options.onLost('answers are asked for but not read')
  }

  function receive(frame: ReceivedFrame): void {
    if (frame.payload.length < 4) return options.onViolation('a request without an id')
    if (frame.kind === requestKind.consumed && frame.payload.length !== 8) {
      return options.onViolation('a malformed report of consumption')
    }
    const id = readUint32(frame.payload, 0)
    const answer = answering.get(id)
    if (frame.kind === requestKind.request) {
      if (answer !== undefined) return options.onViolation('a request with the id of another')
      if (answering.size >= requestsInFlightMax)
        return send(answerKind.refusal, id, boundedText(refusalText(refusalUntil('PEER_BUSY', requestsBusyMs))))
      void run(id, frame.payload.slice(4))
    } else if (answer === undefined)
      return // It was answered in the meantime.
    else if (frame.kind === requestKind.cancel) cancel(answer)
    else {
      answer.consumed = readUint32(frame.payload, 4)
      answer.idle?.refresh()
      answer.wake()
    }
  }

  async function run(id: number, message: Bytes): Promise<void> {
    const answer: Answering = { sent: 0, consumed: 0, cancelled: false, isPulling: false, wake: () => undefined, idle: undefined }
    answering.set(id, answer)
    try {
      if (!(await pace.startPull(answer))) return
      for await (const part of options.answer(message) ?? []) {
        assert(part.length <= responsePartBytesMax, 'a part of an answer is longer than responsePartBytesMax')
        if (answer.cancelled) return
        const packed = options.compressor.pack(protocol, part, options.features())
        if (packed === undefined) send(answerKind.part, id, part)
        else send(answerKind.part | packed.flag, id, packed.payload)
        answer.sent = (answer.sent + part.length) >>> 0
        pace.endPull(answer)
        if (!(await pace.startPull(answer))) return
      }
      if (!answer.cancelled) send(answerKind.end, id, new Uint8Array(0))
    } catch (cause) {
      if (cause instanceof AssertionError) throw cause
      if (!answer.cancelled) send(answerKind.refusal, id, boundedText(refusalText(cause)))
    } finally {
      pace.endPull(answer)
      answering.delete(id)
    }
  }
}
