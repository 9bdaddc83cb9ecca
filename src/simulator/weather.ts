import type { PeerId } from '../ports/network.ts'
import type { Random } from './random.ts'
import type { Weather } from './simulated-network.ts'

/** What the network does to messages at the moment. Faults change it, healing sets it back. */
export interface WeatherStation {
  readonly weather: Weather
  readonly reachable: (a: PeerId, b: PeerId) => boolean
  /** Splits the nodes: those in the group reach only each other. */
  partition(group: ReadonlySet<PeerId>): void
  storm(conditions: Conditions): void
  heal(): void
}

export interface Conditions {
  readonly latencyMs: number
  readonly jitterMs: number
  /** Probability that a message is lost. */
  readonly loss: number
}

/** A continent's worth of distance, and no trouble. */
export const fairWeather: Conditions = { latencyMs: 20, jitterMs: 10, loss: 0 }

/** 10 MB/s. */
const bytesPerMs = 10_000

export function createWeatherStation(random: Random): WeatherStation {
  let conditions = fairWeather
  let island: ReadonlySet<PeerId> = new Set()

  return {
    weather(_from, _to, bytes) {
      if (conditions.loss > 0 && random.chance(conditions.loss)) return undefined
      return conditions.latencyMs + random.next() * conditions.jitterMs + bytes / bytesPerMs
    },
    reachable: (a, b) => island.has(a) === island.has(b),
    partition: (group) => {
      island = group
    },
    storm: (next) => {
      conditions = next
    },
    heal() {
      conditions = fairWeather
      island = new Set()
    },
  }
}
