import { createFrameReader, type FrameReader } from '../../adapters/libp2p/frame.ts'
import { channelBytesMax, channels } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { frameOf } from './frame-of.ts'

/** What the node said on its streams of one protocol, frame by frame, as it stood on the wire. */
export interface Recorder {
  readonly frames: readonly Bytes[]
  /** The node opens its streams anew. */
  restart(): void
  onBytes(protocol: string, bytes: Bytes): void
}

export function createRecorder(protocol: string, framesMax: number): Recorder {
  const frames: Bytes[] = []
  let reader = newReader()
  return {
    frames,
    restart() {
      reader = newReader()
    },
    onBytes(name, bytes) {
      if (name !== protocol || frames.length >= framesMax) return
      reader.push(bytes)
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
        if (frames.length < framesMax) frames.push(frameOf(frame.kind, frame.payload.slice()))
      }
    },
  }
}

function newReader(): FrameReader {
  return createFrameReader((kind) => {
    const channel = channels[kind]
    return channel === undefined ? undefined : channelBytesMax[channel]
  })
}
