/** A stream that a peer opens before hello is accepted, and that may wait for it. */
import type { Stream } from '@libp2p/interface'

/** Reads nothing meanwhile, so that no more arrives than the stream's first window. */
export async function unreadUntil<T>(stream: Stream, event: Promise<T>): Promise<T> {
  const isReadable = () => stream.readStatus !== 'closing' && stream.readStatus !== 'closed'
  if (isReadable()) stream.pause()
  try {
    return await event
  } finally {
    if (isReadable()) stream.resume()
  }
}
