import type { PeerId } from '../ports/network.ts'
import type { Weather } from './network/courier.ts'
import type { Random } from './random.ts'

/** What the network does to messages at the moment. Several troubles may last at once; each is ended by the function it returns. */
export interface WeatherStation {
  readonly weather: Weather
  readonly reachable: (from: PeerId, to: PeerId) => boolean
  /** Nothing passes from one to the other where `blocked` says so. */
  block(blocked: (from: PeerId, to: PeerId) => boolean): () => void
  /** Storms add up. */
  storm(conditions: Conditions): () => void
  /** Ends everything. */
  heal(): void
}

export interface Conditions {
  readonly latencyMs: number
  /** Up to so much more, for each message anew: messages on different streams overtake each other. */
  readonly jitterMs: number
  /** Probability that a message is lost. */
  readonly loss: number
}

/** A continent's worth of distance, and no trouble. */
const fairWeather: Conditions = { latencyMs: 20, jitterMs: 10, loss: 0 }

/** 10 MB/s. */
const bytesPerMs = 10_000

export function createWeatherStation(random: Random): WeatherStation {
  const storms = new Set<Conditions>()
  const blocks = new Set<(from: PeerId, to: PeerId) => boolean>()

  return {
    weather(_from, _to, bytes) {
      let { latencyMs, jitterMs } = fairWeather
      for (const storm of storms) {
        if (random.chance(storm.loss)) return undefined
        latencyMs += storm.latencyMs
        jitterMs += storm.jitterMs
      }
      return latencyMs + random.next() * jitterMs + bytes / bytesPerMs
    },
    reachable(from, to) {
      for (const blocked of blocks) if (blocked(from, to)) return false
      return true
    },
    block(blocked) {
      blocks.add(blocked)
      return () => void blocks.delete(blocked)
    },
    storm(conditions) {
      storms.add(conditions)
      return () => void storms.delete(conditions)
    },
    heal() {
      storms.clear()
      blocks.clear()
    },
  }
}
