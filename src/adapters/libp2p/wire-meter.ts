/**
 * Bytes as the sockets count them, encryption and framing included, of every connection from before its handshake on. TCP sockets are
 * asked when somebody wants to know; other transports are counted where they hand bytes to libp2p. What gives no stream to protect,
 * as QUIC, which does that itself, is not counted.
 */
import type { Socket } from 'node:net'
import type { ConnectionEncrypter, MessageStream, MessageStreamTimeline } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'
import type { TrafficCount } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'

export interface WireMeter {
  /** Counts a raw stream from now on. */
  watch(raw: MessageStream): void
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
  return {
    watch(raw) {
      const count = counterOf(raw)
      counters.set(raw.timeline, count)
      live.add(count)
      raw.addEventListener('close', () => {
        if (live.delete(count)) ended = sum(ended, count())
      })
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
