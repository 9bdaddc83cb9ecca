import type { Stream } from '@libp2p/interface'
import { paceCeilingBytes } from './limits.ts'

/** What yamux keeps of a stream: how much the peer may have under way on it. Streams of other muxers have nothing of the kind. */
interface WindowedStream {
  recvWindow?: number
}

/**
 * Lets the peer have as much under way on a bulk stream as it may have on all of them. The window of yamux starts at 256 KiB, and grows
 * only with a round trip that yamux measures by pings of its own; the pace of bulk is what bounds the bytes here.
 */
export function widenWindow(stream: Stream): void {
  const windowed = stream as unknown as WindowedStream
  if (windowed.recvWindow !== undefined) windowed.recvWindow = Math.max(windowed.recvWindow, paceCeilingBytes)
}
