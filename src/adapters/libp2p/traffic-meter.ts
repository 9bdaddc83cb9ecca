/**
 * What crosses one connection, by class: two rows of numbers, since counting a message must cost next to nothing. The totals of the
 * network are those of its ended connections and of its living ones, added up when somebody asks.
 */
import { type Traffic, type TrafficClass, type TrafficCount, trafficClasses } from '../../ports/network.ts'

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
  received(kind: number, bytes: number): void
  sent(kind: number, bytes: number): void
}

/** @param classOf the index in `trafficClasses` of what frames of a kind carry. */
export function countFrames(meter: TrafficMeter, classOf: (kind: number) => number): FrameCounter {
  const { received, sent } = meter
  return {
    received(kind, bytes) {
      const index = classOf(kind)
      received[index] = (received[index] as number) + bytes
    },
    sent(kind, bytes) {
      const index = classOf(kind)
      sent[index] = (sent[index] as number) + bytes
    },
  }
}

/** For a stream all of whose frames are of one class. */
export function countAllAs(meter: TrafficMeter, name: TrafficClass): FrameCounter {
  const index = trafficClasses.indexOf(name)
  return countFrames(meter, () => index)
}
