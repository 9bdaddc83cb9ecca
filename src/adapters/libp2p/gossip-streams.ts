/**
 * The streams of gossipsub, as this adapter lets it have them. Its outbound side has no backpressure, so a stream drops whole envelopes
 * to a peer that is too far behind; its inbound side is counted, and not read while nothing is read from the peer.
 */
import type { Connection, Stream, StreamMessageEvent } from '@libp2p/interface'
import { gossipQueuedBytesMax } from './limits.ts'
import type { ReadGate } from './read-gate.ts'
import { countAllAs, type TrafficMeter } from './traffic-meter.ts'

/** What gossip on one connection shares with everything else on it. */
export interface GossipLink {
  readonly meter: TrafficMeter
  readonly gate: ReadGate
}

/** The connection as gossipsub uses it. */
export function gossipConnection(connection: Connection, link: GossipLink): Connection {
  return {
    remotePeer: connection.remotePeer,
    remoteAddr: connection.remoteAddr,
    direction: connection.direction,
    get status() {
      return connection.status
    },
    async newStream(protocols: string[], streamOptions: object) {
      return boundStream(await connection.newStream(protocols, streamOptions), link)
    },
  } as unknown as Connection
}

/** gossipsub hands over one whole envelope per `send`, so dropping one leaves the stream intact. */
function boundStream(stream: Stream, link: GossipLink): Stream {
  const send = stream.send.bind(stream)
  const counter = countAllAs(link.meter, 'gossip')
  stream.send = (data) => {
    if (stream.writeBufferLength + data.byteLength > gossipQueuedBytesMax) return false
    counter.sent(0, data.byteLength)
    return send(data)
  }
  return stream
}

/** To be called before gossipsub takes the stream over: it sees what gossipsub sees. */
export function watchGossip(stream: Stream, { meter, gate }: GossipLink): void {
  const counter = countAllAs(meter, 'gossip')
  const isReadable = () => stream.status === 'open' && stream.readStatus !== 'closing' && stream.readStatus !== 'closed'
  function onGate(): void {
    if (!isReadable()) return
    if (gate.isClosed) stream.pause()
    else stream.resume()
  }
  stream.addEventListener('message', (event: StreamMessageEvent) => counter.received(0, event.data.byteLength))
  stream.addEventListener('close', gate.join(onGate))
  onGate()
}
