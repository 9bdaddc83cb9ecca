/**
 * Yamux that acknowledges windows, not frames. The library answers every frame it receives with a window update, which doubles the
 * writes of a connection that carries small messages; the specification asks for no update before the sender might run short
 * (https://github.com/libp2p/specs/blob/master/yamux/README.md).
 */
import type { StreamMuxerFactory } from '@libp2p/interface'
import { type YamuxMuxerInit, yamux } from '@libp2p/yamux'

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
      inner.onCreateStream = () => spare(onCreateStream())
      inner.onRemoteStream = (stream) => onRemoteStream(spare(stream))
      return muxer
    }
    return factory
  }
}

function spare(stream: YamuxStream): YamuxStream {
  const update = stream.sendWindowUpdate.bind(stream)
  stream.sendWindowUpdate = () => {
    if (stream.state === established && stream.recvWindowCapacity > stream.recvWindow / 2) return
    update()
  }
  return stream
}
