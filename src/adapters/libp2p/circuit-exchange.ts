/** One message each way on a stream to or from a relay, bounded in size and time; what follows is the stream's new owner's. */
import type { Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import {
  type CircuitDialect,
  type CircuitMessage,
  type CircuitStatus,
  circuitMessageBytesMax,
  decodeCircuitMessage,
  encodeCircuitMessage,
} from './circuit-messages.ts'

export interface CircuitExchange {
  /** Undefined when what came is malformed; rejects when nothing came in time. */
  read(): Promise<CircuitMessage | undefined>
  write(message: CircuitMessage): Promise<void>
  /** Says no, and closes the stream. */
  refuse(status: CircuitStatus): Promise<void>
  /** The stream, with what has arrived after the messages still to be read. */
  release(): Stream
}

/** What may arrive behind a message before the stream has its new owner: its first window. */
const aheadBytesMax = 256 << 10

/** @param signal ends every wait. */
export function createCircuitExchange(stream: Stream, dialect: CircuitDialect, signal: AbortSignal): CircuitExchange {
  const frames = lpStream(stream, { maxDataLength: circuitMessageBytesMax, maxBufferSize: aheadBytesMax })
  const write = (message: CircuitMessage) => frames.write(encodeCircuitMessage(dialect, message), { signal })
  return {
    async read() {
      const bytes = await frames.read({ signal })
      return decodeCircuitMessage(dialect, bytes.subarray())
    },
    write,
    async refuse(status) {
      await write({ type: 'status', status })
      await stream.close({ signal })
    },
    release: () => frames.unwrap(),
  }
}
