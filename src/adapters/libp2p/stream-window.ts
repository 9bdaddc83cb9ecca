import type { Stream } from '@libp2p/interface'

/** What yamux keeps of a stream: how much the peer may have under way on it. Streams of other muxers have nothing of the kind. */
interface WindowedStream {
  recvWindow?: number
}

/**
 * Lets the peer have more under way on a stream. The window of yamux starts at 256 KiB, and grows only with a round trip that yamux
 * measures by pings of its own. What bounds the bytes of bulk is its pace, so its streams may each have as much as all of them.
 */
export function widenWindow(stream: Stream, bytes: number): void {
  const windowed = stream as unknown as WindowedStream
  if (windowed.recvWindow !== undefined) windowed.recvWindow = Math.max(windowed.recvWindow, bytes)
}
