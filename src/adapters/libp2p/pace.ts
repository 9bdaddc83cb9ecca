/**
 * How many bulk bytes to keep unacknowledged on one connection: enough to fill the link, and hardly more, since a vote waits behind
 * them. The window is (best delivery rate of late) × (least round trip of late + a small queue), after BBR (Cardwell et al., "BBR:
 * Congestion-Based Congestion Control", 2016) and FAST TCP (Jin, Wei and Low, 2004), whose fixed point it shares: because the window
 * always holds that small queue, a faster link shows by itself as a higher rate. Retransmission and fairness are the transport's.
 *
 * The best rate is the best of the last one to two seconds in which the window was what limited sending: a peer whose event loop stalls
 * now and then delivers late, but is no slower. The least round trip is taken anew every ten seconds by letting the queue run dry.
 */
import {
  acknowledgeEveryBytes,
  paceCeilingBytes,
  paceFloorBytes,
  paceInitialBytes,
  paceProbeBytes,
  paceQueueMs,
} from './limits.ts'

export interface Pace {
  /** Most bytes to keep unacknowledged now. */
  readonly windowBytes: number
  /** Milliseconds of the shortest round trip, or `undefined` before the first acknowledgement. */
  readonly leastRoundTripMs: number | undefined
  /** @param total bytes sent so far. @param isLimited whether the window kept more from being sent. */
  sent(total: number, now: number, isLimited: boolean): void
  /** @param total bytes acknowledged so far. */
  acknowledged(total: number, now: number): void
}

const roundTripKeptMs = 10_000
const rateKeptMs = 1_000
/** Writes closer together than this are remembered as one. */
const mergeMs = 0.25
const startupGain = 1.5
/** After the start, each round without a queue in a row adds so much to the gain, up to the most. */
const gainStep = 0.05
const gainMax = 1.25

export function createPace(): Pace {
  const writes = createWriteLog()
  let windowBytes = paceInitialBytes
  let leastMs: number | undefined
  let leastAt = 0
  /** Bytes after this total were sent once the queue had run dry for a new measurement. */
  let probeFrom: number | undefined
  let sentTotal = 0
  let round = newRound(0, 0)
  let isStarting = true
  let unqueuedRounds = 0
  let bestRate = 0
  let bestRateBefore = 0
  let limitedMs = 0

  function newRound(end: number, now: number) {
    return { end, startedAt: now, leastMs: Number.POSITIVE_INFINITY, isLimited: false }
  }

  function measureRoundTrip(roundTripMs: number, total: number, now: number): void {
    round.leastMs = Math.min(round.leastMs, roundTripMs)
    const isProbe = probeFrom !== undefined && total > probeFrom
    if (leastMs === undefined || roundTripMs <= leastMs || isProbe) {
      leastMs = roundTripMs
      leastAt = now
      probeFrom = undefined
    }
  }

  function endRound(now: number): void {
    if (round.isLimited && leastMs !== undefined) {
      const rate = Math.max(bestRate, bestRateBefore)
      // An acknowledgement waits for so many bytes, which pass one after another: that is no queue.
      const gatheringMs = acknowledgeEveryBytes / rate
      const isQueued = round.leastMs - leastMs > paceQueueMs / 2 + gatheringMs
      if (isQueued) isStarting = false
      unqueuedRounds = isQueued ? 0 : unqueuedRounds + 1
      limitedMs += now - round.startedAt
      if (limitedMs > rateKeptMs) {
        bestRateBefore = bestRate
        bestRate = 0
        limitedMs = 0
      }
      const gain = isStarting ? startupGain : Math.min(gainMax, 1 + gainStep * unqueuedRounds)
      // What waits to be acknowledged makes the rate of a small window look lower than it is: without a queue it grows in any case.
      const wanted = Math.max(rate * (leastMs + paceQueueMs) * gain, isQueued ? 0 : windowBytes + acknowledgeEveryBytes / 2)
      if (rate > 0) windowBytes = Math.min(paceCeilingBytes, Math.max(paceFloorBytes, Math.min(wanted, windowBytes * 2)))
      if (now - leastAt > roundTripKeptMs && probeFrom === undefined) probeFrom = sentTotal
    }
    round = newRound(sentTotal, now)
  }

  return {
    get windowBytes() {
      return probeFrom === undefined ? windowBytes : paceProbeBytes
    },
    get leastRoundTripMs() {
      return leastMs
    },
    sent(total, now, isLimited) {
      sentTotal = total
      writes.add(total, now)
      if (isLimited) round.isLimited = true
    },
    acknowledged(total, now) {
      const sample = writes.acknowledge(total, now)
      if (sample === undefined) return
      if (sample.rate > bestRate) bestRate = sample.rate
      measureRoundTrip(sample.roundTripMs, total, now)
      if (total >= round.end) endRound(now)
    },
  }
}

interface Write {
  end: number
  readonly at: number
  /** What had been acknowledged when it was sent, when, and when the last of that had been sent. */
  readonly delivered: number
  readonly deliveredAt: number
  readonly deliveredSentAt: number
}

/** Writes under way. The rate of each is taken over the longer of how long it was sent and how long it was acknowledged, as BBR does. */
function createWriteLog() {
  let writes: Write[] = []
  let first = 0
  let delivered = 0
  let deliveredAt = 0
  let deliveredSentAt = 0

  return {
    add(end: number, at: number): void {
      const last = writes.at(-1)
      if (first < writes.length && last !== undefined && at - last.at < mergeMs) {
        last.end = end
        return
      }
      // Nothing is under way: the time that passed without sending says nothing of the link.
      if (first === writes.length) [deliveredAt, deliveredSentAt] = [at, at]
      writes.push({ end, at, delivered, deliveredAt, deliveredSentAt })
    },
    acknowledge(total: number, now: number): { readonly roundTripMs: number; readonly rate: number } | undefined {
      while (first < writes.length && (writes[first] as Write).end < total) first += 1
      const write = writes[first]
      if (write === undefined || total <= delivered) return undefined
      if (write.end === total) first += 1
      if (first > 64 && first * 2 > writes.length) {
        writes = writes.slice(first)
        first = 0
      }
      delivered = total
      deliveredAt = now
      deliveredSentAt = write.at
      const elapsedMs = Math.max(now - write.deliveredAt, write.at - write.deliveredSentAt)
      return { roundTripMs: now - write.at, rate: elapsedMs > 0 ? (total - write.delivered) / elapsedMs : 0 }
    },
  }
}
