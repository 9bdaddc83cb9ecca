/**
 * Requests to one peer over one long-lived stream per protocol: ids tell answers apart, so a request costs a frame and not a stream.
 * A consumer that is slow holds its own answer back, at `answerAheadBytesMax`, and no other.
 */
import type { Stream } from '@libp2p/interface'
import { type RequestProtocol, requestBytesMax, requestRefused, responsePartBytesMax } from '../../ports/network.ts'
import { assert } from '../../primitives/assert.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import type { BulkBudget } from './bulk-budget.ts'
import { type Compressor, isCompressedKind, plainKind } from './compressor.ts'
import { textOf } from './control-frames.ts'
import type { LinkCover } from './cover.ts'
import { messageOf } from './direct-channels.ts'
import { type Frame, type ReceivedFrame, readUint32, uint32 } from './frame.ts'
import { createFrameQueue } from './frame-queue.ts'
import { createFrameStream, type FrameStream } from './frame-stream.ts'
import { requestsInFlightMax } from './limits.ts'
import type { PaddingAllowance } from './padding.ts'
import { createPendingAnswer, type PendingAnswer } from './pending-answer.ts'
import type { ReadGate } from './read-gate.ts'
import { answerFrameBytesMax, requestPriority } from './request-frames.ts'
import { answerKind, requestKind, requestProtocolName } from './request-kinds.ts'
import type { RosterPlace, StreamRoster } from './stream-roster.ts'
import type { FrameCounter } from './traffic-meter.ts'

export interface RequestClientOptions {
  readonly protocol: RequestProtocol
  readonly budget: BulkBudget
  readonly gate: ReadGate
  readonly compressor: Compressor
  readonly counter: FrameCounter
  readonly cover: LinkCover
  readonly paddingAllowance: PaddingAllowance
  /** Of the streams of all peers. */
  readonly roster: StreamRoster
  readonly open: (protocol: string) => Promise<Stream>
  readonly onViolation: (what: string) => void
  readonly onLost: (reason: string) => void
}

export interface RequestClient {
  /** Sends at once. `timeoutMs` bounds the time until the answer's end has arrived. */
  request(message: Bytes, timeoutMs: number): AsyncIterable<Bytes>
  /** Fails what is in flight. */
  close(reason: string): void
}

interface Pending {
  readonly answer: PendingAnswer
  readonly timer: NodeJS.Timeout
}

export function createRequestClient(options: RequestClientOptions): RequestClient {
  const { protocol } = options
  const pending = new Map<number, Pending>()
  const sender = createRequestSender(options, { onFrame: receive, isIdle: () => pending.size === 0 })
  const { send } = sender
  let lastId = 0
  let closed: string | undefined

  function receive(frame: ReceivedFrame): void {
    if (frame.payload.length < 4) return options.onViolation('an answer without an id')
    const id = readUint32(frame.payload, 0)
    const answer = pending.get(id)?.answer
    if (answer === undefined) {
      // Parts of a cancelled answer may still be under way; an id that was never given out may not.
      if (id > lastId || id === 0) options.onViolation('an answer to no request')
    } else if (plainKind(frame.kind) === answerKind.part) {
      const part = partOf(frame)
      if (part !== undefined && !answer.push(part)) options.onViolation('an answer further ahead of its consumer than allowed')
    } else if (frame.kind === answerKind.end) settle(id)
    else settle(id, requestRefused(`${protocol} request failed`, textOf(frame.payload.subarray(4))))
  }

  function partOf({ kind, payload }: ReceivedFrame): Bytes | undefined {
    const part = payload.subarray(4)
    if (!isCompressedKind(kind)) return part
    const unpacked = options.compressor.unpack(protocol, kind, part, responsePartBytesMax)
    if (!('violation' in unpacked)) return unpacked
    options.onViolation(unpacked.violation)
    return undefined
  }

  function settle(id: number, reason?: OperationalError): void {
    const settled = pending.get(id)
    pending.delete(id)
    clearTimeout(settled?.timer)
    settled?.answer.settle(reason)
    if (pending.size === 0) sender.rest()
  }

  function cancel(id: number, reason?: OperationalError): void {
    send({ kind: requestKind.cancel, id, payload: nothing })
    settle(id, reason)
  }

  function start(message: Bytes, timeoutMs: number): PendingAnswer {
    lastId += 1
    const id = lastId
    const answer = createPendingAnswer({
      onConsumed: (total) => send({ kind: requestKind.consumed, id, payload: uint32(total >>> 0) }),
      onAbandoned: () => cancel(id),
    })
    const timer = setTimeout(() => cancel(id, failure(protocol, `no whole answer within ${timeoutMs} ms`)), timeoutMs)
    pending.set(id, { answer, timer })
    send({ kind: requestKind.request, id, payload: message })
    return answer
  }

  return {
    request(message, timeoutMs) {
      assert(message.length <= requestBytesMax, 'a request is longer than requestBytesMax')
      if (closed !== undefined) return failing(failure(protocol, closed))
      if (pending.size < requestsInFlightMax && lastId < idMax) return start(message, timeoutMs).read()
      return failing(failure(protocol, `more than ${requestsInFlightMax} requests are in flight to this peer`))
    },
    close(reason) {
      closed = reason
      sender.leave()
      for (const id of [...pending.keys()]) settle(id, failure(protocol, reason))
    },
  }
}

interface RequestSender {
  send(frame: Frame): void
  /** Nothing is in flight any more. */
  rest(): void
  /** The connection is over. */
  leave(): void
}

/**
 * Queues frames for the stream of a protocol, which the first of them opens. When the roster closes it, the next opens another, but not
 * before the responder has closed its side too: there is never a second stream beside the first.
 */
function createRequestSender(
  options: RequestClientOptions,
  { onFrame, isIdle }: { readonly onFrame: (frame: ReceivedFrame) => void; readonly isIdle: () => boolean },
): RequestSender {
  const name = requestProtocolName(options.protocol)
  const queue = createFrameQueue({ bytes: requestsInFlightMax * (requestBytesMax + 64), messages: requestsInFlightMax * 64 })
  let current: { readonly frames: FrameStream; readonly place: RosterPlace } | undefined
  let phase: 'none' | 'opening' | 'open' | 'closing' = 'none'

  function open(): void {
    phase = 'opening'
    options
      .open(name)
      .then(start, (cause: unknown) => options.onLost(`the stream ${name} could not be opened: ${messageOf(cause)}`))
  }

  function start(stream: Stream): void {
    // It ended as it was opened, most likely with the connection.
    if (stream.status !== 'open') return ended(false)
    phase = 'open'
    const frames = createFrameStream(stream, {
      queues: [queue],
      bytesMaxOf: (kind) => answerFrameBytesMax.get(kind),
      onFrame,
      onViolation: options.onViolation,
      onEnd() {
        if (phase !== 'closing') stream.abort(new Error('the responder closed the stream'))
      },
      onClosed: ended,
      counter: options.counter,
      gate: options.gate,
      bulk: { budget: options.budget, priority: requestPriority(options.protocol) },
      paddingAllowance: options.paddingAllowance,
      ...options.cover.bulk,
    })
    const place = options.roster.enter({
      isIdle: () => phase === 'open' && isIdle() && frames.isDrained,
      close() {
        phase = 'closing'
        frames.end()
      },
    })
    current = { frames, place }
    frames.flush()
  }

  function ended(wasWhole: boolean): void {
    current?.place.leave()
    current = undefined
    if (phase !== 'closing' || !wasWhole) return options.onLost(`the stream ${name} ended`)
    phase = 'none'
    if (queue.bytes > 0) open()
  }

  return {
    send(frame) {
      if (!queue.push(frame)) return options.onLost('requests are sent but not read')
      if (phase === 'none') open()
      else if (phase === 'open') current?.frames.flush()
      current?.place.touch()
    },
    rest: () => current?.place.touch(),
    leave: () => current?.place.leave(),
  }
}

const nothing = new Uint8Array(0)
/** Ids are never used twice on a connection; nobody asks this often. */
const idMax = 0xffff_ffff

export function failing(error: OperationalError): AsyncIterable<Bytes> {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) }
}

export function failure(protocol: RequestProtocol, message: string): OperationalError {
  return new OperationalError('REQUEST_FAILED', `${protocol} request failed: ${message}`)
}
