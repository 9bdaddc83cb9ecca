import { type Traffic, type TrafficClass, trafficClasses } from '../../ports/network.ts'

/** Counts what crosses simulated connections. Nothing frames or encrypts it, so the wire carries the messages and no more. */
export interface TrafficMeter {
  count(trafficClass: TrafficClass, direction: 'bytesIn' | 'bytesOut', bytes: number): void
  read(): Traffic
}

export function createTrafficMeter(): TrafficMeter {
  const none = () => ({ bytesIn: 0, bytesOut: 0 })
  const wire = none()
  const classes = Object.fromEntries(trafficClasses.map((name) => [name, none()])) as Record<
    TrafficClass,
    ReturnType<typeof none>
  >
  return {
    count(trafficClass, direction, bytes) {
      wire[direction] += bytes
      classes[trafficClass][direction] += bytes
    },
    read: () => structuredClone({ wire, classes }),
  }
}
