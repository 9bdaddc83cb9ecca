import { type BoundedQueue, createBoundedQueue } from '../../primitives/bounded-queue.ts'
import { type Frame, frameBytes, frameHeaderBytes } from './frame.ts'
import type { QueueLimit } from './limits.ts'

/** Frames waiting for the wire, bounded in bytes and in number. */
export interface FrameQueue {
  readonly bytes: number
  /** Whether a frame with so long a payload would be taken now. */
  hasRoomFor(payloadBytes: number): boolean
  /** False, and nothing is queued, when the queue is full. */
  push(frame: Frame): boolean
  shift(): Frame | undefined
}

export function createFrameQueue(limit: QueueLimit): FrameQueue {
  const frames: BoundedQueue<Frame> = createBoundedQueue(limit.messages)
  let bytes = 0
  return {
    get bytes() {
      return bytes
    },
    hasRoomFor: (payloadBytes) => frames.size < limit.messages && bytes + frameHeaderBytes + payloadBytes <= limit.bytes,
    push(frame) {
      const length = frameBytes(frame)
      if (bytes + length > limit.bytes || !frames.push(frame)) return false
      bytes += length
      return true
    },
    shift() {
      const frame = frames.shift()
      if (frame !== undefined) bytes -= frameBytes(frame)
      return frame
    },
  }
}
