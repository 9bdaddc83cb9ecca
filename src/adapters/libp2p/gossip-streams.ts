/**
 * The streams of gossipsub, as this adapter lets it have them. Its outbound side has no backpressure, so envelopes wait here, in the
 * budget that all bulk of the connection shares, and are dropped whole to a peer that is too far behind; its inbound side is counted,
 * acknowledged, and not read while nothing is read from the peer.
 */
import type { Connection, Stream, StreamMessageEvent } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'
import type { Bytes } from '../../primitives/bytes.ts'
import type { BulkBudget } from './bulk-budget.ts'
import type { Features } from './features.ts'
import { gossipPriority, gossipQueuedBytesMax, paceCeilingBytes, writeBytesMax } from './limits.ts'
import type { ReadGate } from './read-gate.ts'
import { isWritable } from './stream-state.ts'
import { widenWindow } from './stream-window.ts'
import { countBytes, type TrafficMeter } from './traffic-meter.ts'

/** What gossip on one connection shares with everything else on it. */
export interface GossipLink {
  readonly meter: TrafficMeter
  readonly gate: ReadGate
  readonly budget: BulkBudget
  /** What the peer can do. */
  readonly features: Features
  /** The connection is of no more use. */
  readonly onLost: (reason: string) => void
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
      const stream = await connection.newStream(protocols, streamOptions)
      if (link.features.pacedGossip) paceGossip(stream, link)
      else boundGossip(stream, link)
      return stream
    },
  } as unknown as Connection
}

/** gossipsub hands over one whole envelope per `send`, so dropping one leaves the stream intact. */
function boundGossip(stream: Stream, link: GossipLink): void {
  const send = stream.send.bind(stream)
  const count = countBytes(link.meter.sent, 'gossip')
  stream.send = (data) => {
    if (!isWritable(stream) || stream.writeBufferLength + data.byteLength > gossipQueuedBytesMax) return false
    count(data.byteLength)
    return send(data)
  }
}

function paceGossip(stream: Stream, { meter, budget, onLost }: GossipLink): void {
  const send = stream.send.bind(stream)
  const count = countBytes(meter.sent, 'gossip')
  const waiting: Bytes[] = []
  let waitingBytes = 0

  function flush(): void {
    while (isWritable(stream) && !stream.writableNeedsDrain) {
      const [next] = waiting
      const length = Math.min(next?.length ?? 0, budget.room(), writeBytesMax)
      if (next === undefined || length === 0) return
      if (length === next.length) waiting.shift()
      else waiting[0] = next.subarray(length)
      waitingBytes -= length
      budget.take(length)
      send(next.subarray(0, length))
    }
  }

  stream.send = (data: Bytes | Uint8ArrayList) => {
    if (waitingBytes + data.byteLength > gossipQueuedBytesMax) return false
    waiting.push(data instanceof Uint8Array ? data : data.subarray())
    waitingBytes += data.byteLength
    count(data.byteLength)
    flush()
    return waitingBytes === 0
  }
  const leave = budget.join(gossipPriority, flush)
  stream.addEventListener('drain', flush)
  // What was under way on the stream will never be acknowledged, so the connection's budget is no longer true.
  stream.addEventListener('close', () => {
    leave()
    onLost('the stream of gossip ended')
  })
}

/** To be called before gossipsub takes the stream over: it sees what gossipsub sees. */
export function watchGossip(stream: Stream, { meter, gate, budget, features }: GossipLink): void {
  const count = countBytes(meter.received, 'gossip')
  const isReadable = () => stream.status === 'open' && stream.readStatus !== 'closing' && stream.readStatus !== 'closed'
  function onGate(): void {
    if (!isReadable()) return
    if (gate.isClosed) stream.pause()
    else stream.resume()
  }
  stream.addEventListener('message', (event: StreamMessageEvent) => {
    count(event.data.byteLength)
    if (features.pacedGossip) budget.received(event.data.byteLength)
  })
  stream.addEventListener('close', gate.join(onGate))
  onGate()
  widenWindow(stream, paceCeilingBytes)
}
