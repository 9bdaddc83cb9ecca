/** Gathers waiting frames into writes. A frame that does not fit is continued by the next write. */
import type { Bytes } from '../../primitives/bytes.ts'
import { type Frame, writeFrameHeader } from './frame.ts'
import type { FrameQueue } from './frame-queue.ts'
import { pad, paddedSize } from './padding.ts'
import type { FrameCounter } from './traffic-meter.ts'

/** A frame's header and id are never split between writes. */
export const unsplitBytes = 8

export interface FrameGatherer {
  /** Bytes that wait, those of the frame under way included. */
  waitingBytes(): number
  /** Up to `room` bytes of frames, none when none wait. `room` is at least `unsplitBytes`. */
  gather(room: number): Bytes
  /** The same, filled up with padding to a size. @param limit one of the sizes, and not the least. */
  gatherPadded(limit: number): Bytes
}

/** @param queues served in this order. */
export function createFrameGatherer(queues: readonly FrameQueue[], counter: FrameCounter): FrameGatherer {
  /** The frame that did not fit the last write, and how much of its payload went out. */
  let current: Frame | undefined
  let currentSent = 0

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
        counter.sent(current)
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

  return {
    waitingBytes,
    gather,
    gatherPadded(limit) {
      const frames = gather(limit)
      // A frame that goes on in the next write leaves no room here, and nothing may come in its midst.
      if (frames.length === 0 || current !== undefined) return frames
      const size = paddedSize(frames.length, limit)
      if (size !== undefined) {
        counter.paddingSent(size - frames.length)
        return pad(frames, size)
      }
      // Its second half goes on in the next write, as if it were the rest of a frame.
      current = { kind: 0, payload: frames.subarray(limit / 2) }
      currentSent = 0
      return frames.subarray(0, limit / 2)
    },
  }
}
