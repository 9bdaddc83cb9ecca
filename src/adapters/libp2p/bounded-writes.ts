/**
 * What waits to be sent on one connection, over all its streams, is bounded. Streams wait for room; what is written past them, as answers
 * to pings and resets are, does not, and libp2p's default is no bound at all.
 */
import type { ConnectionEncrypter, MessageStream, SecuredConnection } from '@libp2p/interface'
import { connectionQueuedBytesMax } from './limits.ts'

/** What libp2p's streams have beyond their interface. A stream that exceeds it is aborted. */
interface BoundedStream {
  maxWriteBufferLength?: number
}

function bound(stream: MessageStream): void {
  const bounded: BoundedStream = stream as MessageStream & BoundedStream
  bounded.maxWriteBufferLength = connectionQueuedBytesMax
}

/** An encrypter whose connections, and the raw streams under them, keep no more than `connectionQueuedBytesMax`. */
export function withBoundedWrites(encrypter: ConnectionEncrypter): ConnectionEncrypter {
  async function secured(raw: MessageStream, securing: Promise<SecuredConnection>): Promise<SecuredConnection> {
    bound(raw)
    const result = await securing
    bound(result.connection)
    return result
  }
  return {
    protocol: encrypter.protocol,
    secureInbound: (raw, options) => secured(raw, encrypter.secureInbound(raw, options)),
    secureOutbound: (raw, options) => secured(raw, encrypter.secureOutbound(raw, options)),
  }
}
