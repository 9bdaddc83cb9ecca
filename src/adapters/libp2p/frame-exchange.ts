/** Frames on a stream of a peer that asks little and takes what it asked for: nothing is queued, paced or compressed. */
import type { Connection, Stream, StreamMessageEvent } from '@libp2p/interface'
import { createFrameReader, type Frame, frameBytes, type ReceivedFrame, writeFrameHeader } from './frame.ts'

export function sendFrame(stream: Stream, frame: Frame): void {
  const bytes = new Uint8Array(frameBytes(frame))
  bytes.set(frame.payload, writeFrameHeader(bytes, 0, frame))
  stream.send(bytes)
}

export interface FrameListener {
  readonly bytesMaxOf: (kind: number) => number | undefined
  readonly onFrame: (frame: ReceivedFrame) => void
  readonly onViolation: (what: string) => void
  /** So many bytes have been taken since the beginning. */
  readonly onConsumed?: (total: number) => void
}

export function readFrames(stream: Stream, { bytesMaxOf, onFrame, onViolation, onConsumed }: FrameListener): void {
  const reader = createFrameReader(bytesMaxOf)
  stream.addEventListener('message', ({ data }: StreamMessageEvent) => {
    for (const chunk of data instanceof Uint8Array ? [data] : data) reader.push(chunk)
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) onFrame(frame)
    if (reader.violation !== undefined) onViolation(reader.violation)
    else onConsumed?.(reader.consumed)
  })
}

/** Ends a connection whose other side may have ended it: libp2p's multiplexer says goodbye all the same, and throws. */
export function drop(connection: Connection, why: string): void {
  try {
    connection.abort(new Error(why))
  } catch {
    // It is over.
  }
}
