/**
 * A libp2p stream that carries frames. Sending: frames wait in the owner's queues, are gathered once per turn of the event loop into
 * large writes, and go out only as fast as the connection drains; `send` of js-libp2p queues without bound past `false`, and its
 * `onDrain()` waits only once, so the `drain` event itself is awaited. Receiving: frames are handed over in slices of a few
 * milliseconds, the stream paused meanwhile, and a frame that breaks the rules is the last that is read.
 */
import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import type { Bytes } from '../../primitives/bytes.ts'
import type { BulkBudget } from './bulk-budget.ts'
import { createFrameReader, type Frame, type ReceivedFrame, writeFrameHeader } from './frame.ts'
import type { FrameQueue } from './frame-queue.ts'
import { receiveSliceMs, writeBytesMax } from './limits.ts'
import type { ReadGate } from './read-gate.ts'
import { widenWindow } from './stream-window.ts'
import type { FrameCounter } from './traffic-meter.ts'

export interface FrameStreamOptions {
  /** Served in this order. */
  readonly queues: readonly FrameQueue[]
  /** The longest payload of a kind the peer may send here; `undefined` for kinds it may not. */
  readonly bytesMaxOf: (kind: number) => number | undefined
  readonly onFrame: (frame: ReceivedFrame) => void
  /** The peer broke the rules of the stream, from which nothing more is read. */
  readonly onViolation: (what: string) => void
  /** The stream ended, for whatever reason. */
  readonly onClosed: () => void
  readonly counter: FrameCounter
  /** Nothing is read while it is closed. */
  readonly gate?: ReadGate
  /** Something went out: there may be room in the queues. */
  readonly onSent?: () => void
  /** Present on bulk streams: what they share, and their place in it. */
  readonly bulk?: { readonly budget: BulkBudget; readonly priority: number }
}

export interface FrameStream {
  /** Sends what the queues hold, together with all that is queued until the end of this turn. */
  flush(): void
}

/** A frame's header and id are never split between writes. */
const unsplitBytes = 8

export function createFrameStream(stream: Stream, options: FrameStreamOptions): FrameStream {
  const flush = startSending(stream, options)
  startReceiving(stream, options)
  stream.addEventListener('remoteCloseWrite', () => stream.abort(new Error('the peer closed the stream')))
  stream.addEventListener('close', options.onClosed)
  return { flush }
}

function startReceiving(stream: Stream, options: FrameStreamOptions): void {
  const reader = createFrameReader(options.bytesMaxOf)
  if (options.bulk !== undefined) widenWindow(stream)
  let counted = 0
  let resting = false
  const { gate, counter } = options

  const isReadable = () => stream.status === 'open' && stream.readStatus !== 'closing' && stream.readStatus !== 'closed'

  function drain(): void {
    const until = performance.now() + receiveSliceMs
    resting = false
    while (stream.status === 'open' && gate?.isClosed !== true) {
      const frame = reader.next()
      if (frame === undefined) break
      counter.received(frame)
      options.onFrame(frame)
      if (performance.now() > until) return rest()
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
  }

  /** Lets the loop turn before the rest of what was received is read. */
  function rest(): void {
    resting = true
    if (isReadable()) stream.pause()
    setImmediate(drain)
  }

  stream.addEventListener('message', (event: StreamMessageEvent) => {
    if (reader.violation !== undefined) return
    if (event.data instanceof Uint8Array) reader.push(event.data)
    else for (const chunk of event.data) reader.push(chunk)
    if (!resting) drain()
  })
  const leave = gate?.join(() => {
    if (!resting && reader.violation === undefined) drain()
  })
  if (leave !== undefined) stream.addEventListener('close', leave)
}

function startSending(stream: Stream, options: FrameStreamOptions): () => void {
  const { queues } = options
  const budget = options.bulk?.budget
  /** The frame that did not fit the last write, and how much of its payload went out. */
  let current: Frame | undefined
  let currentSent = 0
  let scheduled = false

  function nextFrame(): Frame | undefined {
    for (const queue of queues) {
      const frame = queue.shift()
      if (frame !== undefined) return frame
    }
    return undefined
  }

  function waitingBytes(): number {
    let bytes = current === undefined ? 0 : current.payload.length - currentSent
    for (const queue of queues) bytes += queue.bytes
    return bytes
  }

  function gather(room: number): Bytes {
    const target = Buffer.allocUnsafeSlow(Math.min(room, waitingBytes()))
    let end = 0
    while (end < target.length) {
      if (current === undefined) {
        if (room - end < unsplitBytes) break
        current = nextFrame()
        if (current === undefined) break
        currentSent = 0
        options.counter.sent(current)
        end = writeFrameHeader(target, end, current)
      }
      const count = Math.min(current.payload.length - currentSent, target.length - end)
      target.set(
        count === current.payload.length ? current.payload : current.payload.subarray(currentSent, currentSent + count),
        end,
      )
      end += count
      currentSent += count
      if (currentSent === current.payload.length) current = undefined
    }
    return target.subarray(0, end)
  }

  function write(): void {
    scheduled = false
    while (stream.status === 'open' && !stream.writableNeedsDrain) {
      const room = Math.min(budget?.room() ?? writeBytesMax, writeBytesMax)
      if (room < unsplitBytes) return
      const batch = gather(room)
      if (batch.length === 0) return
      budget?.take(batch.length)
      stream.send(batch)
      options.onSent?.()
    }
  }

  function flush(): void {
    if (scheduled || stream.status !== 'open') return
    scheduled = true
    setImmediate(write)
  }

  const leave = options.bulk?.budget.join(options.bulk.priority, flush)
  if (leave !== undefined) stream.addEventListener('close', leave)
  stream.addEventListener('drain', flush)
  return flush
}
