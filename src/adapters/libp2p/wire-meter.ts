/**
 * Bytes as the sockets count them, encryption and framing included, of every connection from before its handshake on. TCP sockets are
 * asked when somebody wants to know, and so is QUIC's library, of the datagrams it carried; WebSocket is counted where it hands bytes to
 * libp2p. WebRTC tells nothing in time and is not counted.
 */
import type { Socket } from 'node:net'
import type { Connection, ConnectionEncrypter, MessageStream, MessageStreamTimeline } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'
import type { TrafficCount } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'

export interface WireMeter {
  /** Counts a raw stream from now on. */
  watch(raw: MessageStream): void
  /** Counts a connection that has no raw stream, where its library does. */
  adopt(connection: Connection): void
  /** Of a connection, which shares its timeline with the raw stream under it. */
  of(timeline: MessageStreamTimeline): TrafficCount
  total(): TrafficCount
}

type Counter = () => TrafficCount

const nothing: TrafficCount = { bytesIn: 0, bytesOut: 0 }

export function createWireMeter(): WireMeter {
  const counters = new WeakMap<MessageStreamTimeline, Counter>()
  const live = new Set<Counter>()
  let ended = nothing
  function follow(stream: Pick<MessageStream, 'timeline' | 'addEventListener'>, count: Counter): void {
    counters.set(stream.timeline, count)
    live.add(count)
    stream.addEventListener('close', () => {
      if (live.delete(count)) ended = sum(ended, count())
    })
  }
  return {
    watch: (raw) => follow(raw, counterOf(raw)),
    adopt(connection) {
      const count = counters.has(connection.timeline) ? undefined : datagramCounter(connection)
      if (count !== undefined) follow(connection as unknown as MessageStream, count)
    },
    of: (timeline) => counters.get(timeline)?.() ?? nothing,
    total: () => Array.from(live, (count) => count()).reduce(sum, ended),
  }
}

/** An encrypter that has the streams it protects counted. */
export function withWireMeter(encrypter: ConnectionEncrypter, meter: WireMeter): ConnectionEncrypter {
  return {
    protocol: encrypter.protocol,
    secureInbound(raw, options) {
      meter.watch(raw)
      return encrypter.secureInbound(raw, options)
    },
    secureOutbound(raw, options) {
      meter.watch(raw)
      return encrypter.secureOutbound(raw, options)
    },
  }
}

function sum(left: TrafficCount, right: TrafficCount): TrafficCount {
  return { bytesIn: left.bytesIn + right.bytesIn, bytesOut: left.bytesOut + right.bytesOut }
}

/** What libp2p's implementations of a raw stream have beyond its interface. */
interface RawStream {
  readonly socket?: Socket
  onData?(data: Bytes | Uint8ArrayList): void
  sendData?(data: Uint8ArrayList): { sentBytes: number; canSendMore: boolean }
}

function counterOf(stream: MessageStream): Counter {
  const raw = stream as unknown as RawStream
  const { socket } = raw
  if (socket !== undefined) return () => ({ bytesIn: socket.bytesRead, bytesOut: socket.bytesWritten })
  let bytesIn = 0
  let bytesOut = 0
  const onData = raw.onData?.bind(raw)
  const sendData = raw.sendData?.bind(raw)
  if (onData !== undefined) {
    raw.onData = (data) => {
      bytesIn += data.byteLength
      onData(data)
    }
  }
  if (sendData !== undefined) {
    raw.sendData = (data) => {
      const result = sendData(data)
      bytesOut += result.sentBytes
      return result
    }
  }
  return () => ({ bytesIn, bytesOut })
}

/** What `@chainsafe/libp2p-quic` knows of a connection, beyond the interface of its muxer. */
interface QuicMuxer {
  readonly init?: {
    readonly connection?: { stats?(): { readonly udpRxBytes: number | bigint; readonly udpTxBytes: number | bigint } }
  }
}

function datagramCounter(connection: Connection): Counter | undefined {
  const { muxer } = connection as unknown as { readonly muxer?: QuicMuxer }
  const quic = muxer?.init?.connection
  if (quic?.stats === undefined) return undefined
  const read = quic.stats.bind(quic)
  return () => {
    const { udpRxBytes, udpTxBytes } = read()
    return { bytesIn: Number(udpRxBytes), bytesOut: Number(udpTxBytes) }
  }
}
