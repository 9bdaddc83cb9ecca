/**
 * Yamux that acknowledges windows, not frames. The library answers every frame it receives with a window update, which doubles the
 * writes of a connection that carries small messages; the specification asks for no update before the sender might run short
 * (https://github.com/libp2p/specs/blob/master/yamux/README.md). And yamux that answers pings, and refuses streams, within a budget: the
 * library answers whatever comes, into the memory of a connection that is not read.
 */
import type { MessageStream, StreamMuxerFactory } from '@libp2p/interface'
import { type YamuxMuxerInit, yamux } from '@libp2p/yamux'
import { createReplyBudget } from './reply-budget.ts'

/** What the library's stream has beyond its interface. */
interface YamuxStream {
  readonly state: number
  readonly recvWindow: number
  readonly recvWindowCapacity: number
  sendWindowUpdate(): void
}

/** In `StreamState`, which the library does not export. Updates of other states open or resume the stream. */
const established = 3

/** How the library's muxer makes the streams of either side. */
interface YamuxMuxer {
  onCreateStream(): YamuxStream
  onRemoteStream(stream: YamuxStream): void
  /** Throws to end the connection. */
  handlePing(header: object): void
  incomingStream(id: number): void
  sendGoAway(reason?: number): void
}

export function sparingYamux(init: YamuxMuxerInit): () => StreamMuxerFactory {
  return () => {
    const factory = yamux(init)()
    const createStreamMuxer = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = (connection) => {
      const muxer = createStreamMuxer(connection)
      const inner = muxer as unknown as YamuxMuxer
      const onCreateStream = inner.onCreateStream.bind(muxer)
      const onRemoteStream = inner.onRemoteStream.bind(muxer)
      boundReplies(inner, connection)
      inner.onCreateStream = () => spare(onCreateStream())
      inner.onRemoteStream = (stream) => onRemoteStream(spare(stream))
      return muxer
    }
    return factory
  }
}

function boundReplies(muxer: YamuxMuxer, connection: MessageStream): void {
  const spend = createReplyBudget('muxer flood')
  const spendOn = <Argument>(handle: (argument: Argument) => void) => {
    return (argument: Argument) => {
      try {
        spend()
      } catch (error) {
        // First of all, so that the end of the connection is told with its reason.
        connection.abort(error as Error)
        throw error
      }
      handle(argument)
    }
  }
  const sendGoAway = muxer.sendGoAway.bind(muxer)
  muxer.sendGoAway = (reason) => {
    // The library would throw, out of whatever event told of the connection's end.
    if (connection.status === 'open') sendGoAway(reason)
  }
  muxer.handlePing = spendOn(muxer.handlePing.bind(muxer))
  muxer.incomingStream = spendOn(muxer.incomingStream.bind(muxer))
}

function spare(stream: YamuxStream): YamuxStream {
  const update = stream.sendWindowUpdate.bind(stream)
  stream.sendWindowUpdate = () => {
    if (stream.state === established && stream.recvWindowCapacity > stream.recvWindow / 2) return
    update()
  }
  return stream
}
