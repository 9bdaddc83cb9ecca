import { frameHeaderBytes, writeFrameHeader } from '../../adapters/libp2p/frame.ts'
import { type Channel, channels } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'

/** A whole frame, as it stands on the wire. */
export function frameOf(kind: number, payload: Bytes): Bytes {
  const bytes = new Uint8Array(frameHeaderBytes + payload.length)
  bytes.set(payload, writeFrameHeader(bytes, 0, { kind, payload }))
  return bytes
}

/** A message of a direct channel. */
export function channelFrame(channel: Channel, message: Bytes): Bytes {
  return frameOf(channels.indexOf(channel), message)
}

/** Only the head of a frame, whose payload does not follow. */
export function frameHead(kind: number, length: number): Bytes {
  return Uint8Array.of(kind, length >>> 16, length >>> 8, length)
}
