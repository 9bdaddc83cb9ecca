/**
 * A libp2p stream that carries frames. Sending: frames wait in the owner's queues, are gathered once per turn of the event loop into
 * large writes, and go out only as fast as the connection drains; `send` of js-libp2p queues without bound past `false`, and its
 * `onDrain()` waits only once, so the `drain` event itself is awaited. Receiving: frames are handed over in slices of a few
 * milliseconds, the stream paused meanwhile, and a frame that breaks the rules is the last that is read.
 */
import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import type { BulkBudget } from './bulk-budget.ts'
import type { StreamCover } from './cover.ts'
import { createFrameReader, frameHeaderBytes, type ReceivedFrame } from './frame.ts'
import { createFrameGatherer, unsplitBytes } from './frame-gatherer.ts'
import type { FrameQueue } from './frame-queue.ts'
import { paceCeilingBytes, receiveSliceMs, writeBytesMax } from './limits.ts'
import { type PaddingAllowance, pad, paddedLimit, paddingKind } from './padding.ts'
import type { ReadGate } from './read-gate.ts'
import { isWritable } from './stream-state.ts'
import { widenWindow } from './stream-window.ts'
import type { FrameCounter } from './traffic-meter.ts'

/** Bytes of frames between two looks at the clock, which costs as much as a small message. */
const timedBytes = 2 << 10

export interface FrameStreamOptions {
  /** Served in this order. */
  readonly queues: readonly FrameQueue[]
  /** The longest payload of a kind the peer may send here; `undefined` for kinds it may not. */
  readonly bytesMaxOf: (kind: number) => number | undefined
  readonly onFrame: (frame: ReceivedFrame) => void
  /** The peer broke the rules of the stream, from which nothing more is read. */
  readonly onViolation: (what: string) => void
  /** The other side writes no more, and all it wrote has been read. Absent: nobody may do that, and the stream is aborted. */
  readonly onEnd?: () => void
  /** The stream ended, for whatever reason. `wasWhole`: both sides closed it, and nothing was lost. */
  readonly onClosed: (wasWhole: boolean) => void
  readonly counter: FrameCounter
  /** Nothing is read while it is closed. */
  readonly gate?: ReadGate
  /** How much the peer may have under way where nothing is paced. Absent: the first window of the muxer. */
  readonly windowBytes?: number
  /** Something went out: there may be room in the queues. */
  readonly onSent?: () => void
  /** Present on bulk streams: what they share, and their place in it. */
  readonly bulk?: { readonly budget: BulkBudget; readonly priority: number }
  /** Absent: nothing is padded, and nothing waits. */
  readonly cover?: StreamCover
  /** Shared by the streams on which the peer may send padding. */
  readonly paddingAllowance: PaddingAllowance
}

export interface FrameStream {
  /** Sends what the queues hold, together with all that is queued until the end of this turn. */
  flush(): void
  /** Sends a padding frame of `bytes`, header included, if nothing else waits and there is room. */
  sendPadding(bytes: number): void
  /** All that was queued is with the connection. */
  readonly isDrained: boolean
  /** Closes this side, when nothing more is to be sent. */
  end(): void
}

export function createFrameStream(stream: Stream, options: FrameStreamOptions): FrameStream {
  const sending = startSending(stream, options)
  startReceiving(stream, options)
  if (options.onEnd === undefined) {
    const abort = () => stream.abort(new Error('the peer closed the stream'))
    stream.addEventListener('remoteCloseWrite', abort)
    if (stream.remoteWriteStatus === 'closed') setImmediate(abort)
  }
  const onClosed = () => options.onClosed(stream.status === 'closed')
  stream.addEventListener('close', onClosed)
  // It may have ended while it was opened, before anybody listened.
  if (stream.status === 'closed' || stream.status === 'reset' || stream.status === 'aborted') setImmediate(onClosed)
  return {
    flush: sending.flush,
    sendPadding: sending.sendPadding,
    get isDrained() {
      return sending.isDrained()
    },
    // When it cannot end well, it closes badly, and the owner hears that.
    end: () => void stream.close().catch(() => undefined),
  }
}

function startReceiving(stream: Stream, options: FrameStreamOptions): void {
  const reader = createFrameReader(options.bytesMaxOf)
  if (options.bulk !== undefined) widenWindow(stream, paceCeilingBytes)
  else if (options.windowBytes !== undefined) widenWindow(stream, options.windowBytes)
  let arrived = 0
  let counted = 0
  let consumedWithPadding = 0
  let resting = false
  let hasEnded = false
  let isSettled = false
  const { gate, counter } = options

  const isReadable = () => stream.status === 'open' && stream.readStatus !== 'closing' && stream.readStatus !== 'closed'

  function drain(): void {
    const until = performance.now() + receiveSliceMs
    let timedAt = reader.consumed
    resting = false
    if (isSettled) return
    while (stream.status === 'open' && gate?.isClosed !== true) {
      const frame = reader.next()
      if (frame === undefined) break
      if (frame.kind === paddingKind) dropPadding(frameHeaderBytes + frame.payload.length)
      else {
        counter.received(frame)
        options.onFrame(frame)
      }
      if (reader.consumed - timedAt < timedBytes) continue
      if (performance.now() > until) return rest()
      timedAt = reader.consumed
    }
    options.bulk?.budget.received(reader.consumed - counted)
    counted = reader.consumed
    if (reader.violation !== undefined) {
      // Nothing more is read. The stream stays, so that the owner can still say why.
      if (isReadable()) stream.pause()
      options.onViolation(reader.violation)
    } else if (isReadable()) {
      if (gate?.isClosed === true) stream.pause()
      else stream.resume()
    }
    if (stream.readableEnded && gate?.isClosed !== true) finish()
  }

  /** All has been read that the other side wrote. */
  function finish(): void {
    if (hasEnded || stream.status !== 'open' || reader.violation !== undefined) return
    hasEnded = true
    options.onEnd?.()
  }

  /** What was under way on a stream that both sides closed is of no use, but it has arrived, and its sender counts on hearing so. */
  function settle(): void {
    if (stream.status === 'closed') options.bulk?.budget.received(arrived + stream.readBufferLength - counted)
    isSettled = true
  }

  function dropPadding(bytes: number): void {
    counter.paddingReceived(bytes)
    const otherBytes = reader.consumed - consumedWithPadding - bytes
    consumedWithPadding = reader.consumed
    if (!options.paddingAllowance.take(bytes, otherBytes)) options.onViolation('more padding than is allowed')
  }

  /** Lets the loop turn before the rest of what was received is read. */
  function rest(): void {
    resting = true
    if (isReadable()) stream.pause()
    setImmediate(drain)
  }

  stream.addEventListener('message', (event: StreamMessageEvent) => {
    if (reader.violation !== undefined) return
    arrived += event.data.byteLength
    if (event.data instanceof Uint8Array) reader.push(event.data)
    else for (const chunk of event.data) reader.push(chunk)
    if (!resting) drain()
  })
  stream.addEventListener('end', () => {
    if (!resting) drain()
  })
  // It may have ended before anybody listened.
  if (stream.readableEnded) rest()
  stream.addEventListener('close', settle)
  const leave = gate?.join(() => {
    if (!resting && reader.violation === undefined) drain()
  })
  if (leave !== undefined) stream.addEventListener('close', leave)
}

interface Sending {
  flush(): void
  sendPadding(bytes: number): void
  isDrained(): boolean
}

function startSending(stream: Stream, options: FrameStreamOptions): Sending {
  const { cover, counter } = options
  const budget = options.bulk?.budget
  const gatherer = createFrameGatherer(options.queues, counter)
  let scheduled = false

  function write(): void {
    scheduled = false
    const isPadded = cover?.isPadded() === true
    while (isWritable(stream) && !stream.writableNeedsDrain) {
      const free = Math.min(budget?.room() ?? writeBytesMax, writeBytesMax)
      const room = isPadded ? paddedLimit(free) : free
      if (room < unsplitBytes) return
      const batch = isPadded ? gatherer.gatherPadded(room) : gatherer.gather(room)
      if (batch.length === 0) return
      budget?.take(batch.length)
      stream.send(batch)
      options.onSent?.()
    }
  }

  /** Goes on with what had to wait for room: it has had its delay. */
  function resume(): void {
    if (scheduled || !isWritable(stream)) return
    scheduled = true
    setImmediate(write)
  }

  function flush(): void {
    if (cover?.delayMs === undefined) return resume()
    if (scheduled || !isWritable(stream)) return
    scheduled = true
    setTimeout(write, cover.delayMs())
  }

  const leave = options.bulk?.budget.join(options.bulk.priority, resume)
  if (leave !== undefined) stream.addEventListener('close', leave)
  stream.addEventListener('drain', resume)
  return {
    flush,
    sendPadding(bytes) {
      if (!isWritable(stream) || stream.writableNeedsDrain || gatherer.waitingBytes() > 0) return
      if (budget !== undefined && budget.room() < bytes) return
      budget?.take(bytes)
      counter.paddingSent(bytes)
      stream.send(pad(new Uint8Array(0), bytes))
    },
    isDrained: () => gatherer.waitingBytes() === 0 && stream.writeBufferLength === 0 && !stream.writableNeedsDrain,
  }
}
