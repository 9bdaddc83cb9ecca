/**
 * Streams of one connection share one socket, where nothing can be overtaken. So all bulk streams together keep at most a window of
 * bytes unacknowledged by the peer, which follows the link (pace.ts): a vote waits behind that much, and never behind a block. The
 * receiver acknowledges its running total on the control stream, which is not paced: no acknowledgement waits for another.
 */
import { acknowledgeEveryBytes } from './limits.ts'
import { createPace } from './pace.ts'

export interface BulkBudget {
  /** Bytes that may be sent now, a whole number. */
  room(): number
  take(bytes: number): void
  /** The peer's running total, modulo 2³². False when it acknowledges what was never sent. */
  acknowledged(total: number): boolean
  /** Registers what continues when there is room again. The lowest priority is served first. Returns how it leaves. */
  join(priority: number, resume: () => void): () => void
  /** Counts received bulk bytes, and reports the total when it is time to. */
  received(bytes: number): void
}

/** @param acknowledge sends the running total of received bytes, modulo 2³². */
export function createBulkBudget(acknowledge: (total: number) => void): BulkBudget {
  const members: { readonly priority: number; readonly resume: () => void }[] = []
  const pace = createPace()
  let sentTotal = 0
  let acknowledgedTotal = 0
  let receivedTotal = 0
  let reportedTotal = 0
  // The window is a product of measurements, and half a byte of room would have senders try for ever to send none.
  const room = () => Math.max(0, Math.floor(pace.windowBytes) - (sentTotal - acknowledgedTotal))
  return {
    room,
    take(bytes) {
      sentTotal += bytes
      pace.sent(sentTotal, performance.now(), room() < acknowledgeEveryBytes)
    },
    acknowledged(total) {
      const bytes = (total - acknowledgedTotal) >>> 0
      if (bytes > sentTotal - acknowledgedTotal) return false
      acknowledgedTotal += bytes
      pace.acknowledged(acknowledgedTotal, performance.now())
      for (const member of members) member.resume()
      return true
    },
    join(priority, resume) {
      const member = { priority, resume }
      members.push(member)
      members.sort((left, right) => left.priority - right.priority)
      return () => void members.splice(members.indexOf(member), 1)
    },
    received(bytes) {
      receivedTotal += bytes
      if (receivedTotal - reportedTotal < acknowledgeEveryBytes) return
      reportedTotal = receivedTotal
      acknowledge(receivedTotal >>> 0)
    },
  }
}
