import { type TrafficClass, trafficClasses } from '../ports/network.ts'
import type { Telemetry } from '../ports/telemetry.ts'

/**
 * What the bytes that arrive are worth: those that bring a batch, a vote, a block this node had not are useful, those that bring it once
 * more, or too late, are duplicate. What remains of a class (announcements, comparisons, questions) is neither.
 */
export interface Usefulness {
  count(kind: TrafficClass, worth: Worth, bytes: number): void
  totals(): Readonly<Record<TrafficClass, UsefulnessTotals>>
}

export type Worth = 'useful' | 'duplicate'

export interface UsefulnessTotals {
  readonly usefulBytes: number
  readonly duplicateBytes: number
}

export function createUsefulness(telemetry: Telemetry): Usefulness {
  const totals = Object.fromEntries(trafficClasses.map((name) => [name, { useful: 0, duplicate: 0 }])) as Record<
    TrafficClass,
    Record<Worth, number>
  >
  return {
    count(kind, worth, bytes) {
      totals[kind][worth] += bytes
      telemetry.count(worth === 'useful' ? 'synod_useful_bytes_total' : 'synod_duplicate_bytes_total', bytes, { class: kind })
    },
    totals: () =>
      Object.fromEntries(
        trafficClasses.map((name) => [name, { usefulBytes: totals[name].useful, duplicateBytes: totals[name].duplicate }]),
      ) as Record<TrafficClass, UsefulnessTotals>,
  }
}
