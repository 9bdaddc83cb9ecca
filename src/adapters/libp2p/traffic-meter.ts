/**
 * What crosses one connection, by class: two rows of numbers, since counting a message must cost next to nothing. The totals of the
 * network are those of its ended connections and of its living ones, added up when somebody asks.
 */

import { type Traffic, type TrafficClass, type TrafficCount, trafficClasses } from '../../ports/network.ts'
import { messageBytes, plainKind } from './compressor.ts'
import type { Frame, ReceivedFrame } from './frame.ts'

export interface TrafficMeter {
  /** Bytes by the index of their class in `trafficClasses`. */
  readonly received: Float64Array
  readonly sent: Float64Array
}

export function createTrafficMeter(): TrafficMeter {
  return { received: new Float64Array(trafficClasses.length), sent: new Float64Array(trafficClasses.length) }
}

export function addTraffic(target: TrafficMeter, more: TrafficMeter): void {
  for (let index = 0; index < trafficClasses.length; index++) {
    target.received[index] = (target.received[index] as number) + (more.received[index] as number)
    target.sent[index] = (target.sent[index] as number) + (more.sent[index] as number)
  }
}

export function readTraffic(meter: TrafficMeter, wire: TrafficCount): Traffic {
  const classes = trafficClasses.map((name, index): [TrafficClass, TrafficCount] => [
    name,
    { bytesIn: meter.received[index] as number, bytesOut: meter.sent[index] as number },
  ])
  return { wire, classes: Object.fromEntries(classes) as Traffic['classes'] }
}

/** Counts the frames of one stream. */
export interface FrameCounter {
  received(frame: ReceivedFrame): void
  sent(frame: Frame): void
  /** Bytes of padding, headers included. They are control traffic on every stream. */
  paddingReceived(bytes: number): void
  paddingSent(bytes: number): void
}

/**
 * @param classOf the index in `trafficClasses` of what frames of a kind carry, whether or not they are compressed.
 * @param idBytes what a received payload has before the message.
 */
export function countFrames(meter: TrafficMeter, classOf: (kind: number) => number, idBytes = 0): FrameCounter {
  const { received, sent } = meter
  return {
    received({ kind, payload }) {
      const index = classOf(plainKind(kind))
      received[index] = (received[index] as number) + messageBytes(kind, payload, idBytes)
    },
    sent({ kind, payload }) {
      const index = classOf(plainKind(kind))
      sent[index] = (sent[index] as number) + messageBytes(kind, payload, 0)
    },
    paddingReceived: countBytes(received, 'control'),
    paddingSent: countBytes(sent, 'control'),
  }
}

/** For a stream all of whose frames are of one class. */
export function countAllAs(meter: TrafficMeter, name: TrafficClass, idBytes = 0): FrameCounter {
  const index = trafficClasses.indexOf(name)
  return countFrames(meter, () => index, idBytes)
}

/** Counts bytes that are not in frames. */
export function countBytes(row: Float64Array, name: TrafficClass): (bytes: number) => void {
  const index = trafficClasses.indexOf(name)
  return (bytes) => {
    row[index] = (row[index] as number) + bytes
  }
}
