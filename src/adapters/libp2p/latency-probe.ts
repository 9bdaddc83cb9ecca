import { silenceTimeoutMs } from './limits.ts'

/** Round trips of pings on one connection, and how long the peer has been silent. */
export interface LatencyProbe {
  /** Smoothed over the last few pings. */
  readonly latencyMs: number | undefined
  /** No ping has been answered for too long. */
  isSilent(): boolean
  /** A ping is being sent: returns its nonce. */
  ping(): number
  pong(nonce: number): void
}

/** How much a new round trip weighs against those before. */
const weight = 0.3

export function createLatencyProbe(): LatencyProbe {
  let latencyMs: number | undefined
  let nonce = 0
  let sentAt = performance.now()
  let heardAt = sentAt
  return {
    get latencyMs() {
      return latencyMs
    },
    isSilent: () => performance.now() - heardAt > silenceTimeoutMs,
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
