/**
 * How many streams a peer may have on one connection, and how many it may open in a while, over whatever transport: yamux and QUIC have
 * bounds of their own below this one, data channels have none.
 */
import type { Connection, StreamMuxer } from '@libp2p/interface'
import { streamsOfPeerMax } from './limits.ts'
import { createReplyBudget } from './reply-budget.ts'

/** @param onFlood the peer opens more than any honest one would. */
export function boundStreams(connection: Connection, onFlood: (what: string) => void): void {
  // The class has what its interface leaves out; in memory there may be no muxer.
  const { muxer } = connection as unknown as { readonly muxer?: StreamMuxer }
  const spend = createReplyBudget('stream flood')
  muxer?.addEventListener('stream', ({ detail: stream }) => {
    const open = muxer.streams.filter(({ direction }) => direction === 'inbound').length
    if (open > streamsOfPeerMax) stream.abort(new Error('too many streams'))
    try {
      spend()
    } catch (error) {
      onFlood((error as Error).message)
    }
  })
}
