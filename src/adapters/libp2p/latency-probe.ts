import type { Libp2pLimits } from './limits.ts'

/** Round trips of pings on one connection, and how long the peer has been silent. */
export interface LatencyProbe {
  /** Smoothed over the last few pings. */
  readonly latencyMs: number | undefined
  /** Nothing has been heard for too long. */
  isSilent(): boolean
  /** It is time for another ping. */
  isDue(): boolean
  /** The peer pings too, which shows as well that it is there. */
  heard(): void
  /** A ping is being sent: returns its nonce. */
  ping(): number
  pong(nonce: number): void
}

/** How much a new round trip weighs against those before. */
const weight = 0.3

export type Liveness = Pick<Libp2pLimits, 'pingIntervalMs' | 'silenceTimeoutMs'>

export function createLatencyProbe({ pingIntervalMs, silenceTimeoutMs }: Liveness): LatencyProbe {
  let latencyMs: number | undefined
  let nonce = 0
  let sentAt = Number.NEGATIVE_INFINITY
  let heardAt = performance.now()
  return {
    get latencyMs() {
      return latencyMs
    },
    isSilent: () => performance.now() - heardAt > silenceTimeoutMs,
    // Links are visited twice in the time between two pings; a little early is early enough.
    isDue: () => performance.now() - sentAt > pingIntervalMs * 0.75,
    heard() {
      heardAt = performance.now()
    },
    ping() {
      nonce = (nonce + 1) >>> 0
      sentAt = performance.now()
      return nonce
    },
    pong(answered) {
      if (answered !== nonce) return
      heardAt = performance.now()
      const roundTripMs = heardAt - sentAt
      latencyMs = latencyMs === undefined ? roundTripMs : latencyMs * (1 - weight) + roundTripMs * weight
    },
  }
}
