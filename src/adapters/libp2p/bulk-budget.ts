/**
 * Streams of one connection share one socket, where nothing can be overtaken. So all bulk streams together keep at most
 * `bulkOutstandingBytesMax` bytes unacknowledged by the peer: a vote waits behind that much, and never behind a block. The receiver
 * acknowledges its running total on the control stream, which is not paced: no acknowledgement waits for another.
 */
import { acknowledgeEveryBytes, bulkOutstandingBytesMax } from './limits.ts'

export interface BulkBudget {
  /** Bytes that may be sent now. */
  room(): number
  take(bytes: number): void
  /** The peer's running total, modulo 2³². False when it acknowledges what was never sent. */
  acknowledged(total: number): boolean
  /** Registers what continues when there is room again. The lowest priority is served first. */
  join(priority: number, resume: () => void): void
  /** Counts received bulk bytes, and reports the total when it is time to. */
  received(bytes: number): void
}

/** @param acknowledge sends the running total of received bytes, modulo 2³². */
export function createBulkBudget(acknowledge: (total: number) => void): BulkBudget {
  const members: { readonly priority: number; readonly resume: () => void }[] = []
  let outstanding = 0
  let acknowledgedByPeer = 0
  let receivedTotal = 0
  let reportedTotal = 0
  return {
    room: () => Math.max(0, bulkOutstandingBytesMax - outstanding),
    take(bytes) {
      outstanding += bytes
    },
    acknowledged(total) {
      const bytes = (total - acknowledgedByPeer) >>> 0
      if (bytes > outstanding) return false
      acknowledgedByPeer = total
      outstanding -= bytes
      for (const member of members) member.resume()
      return true
    },
    join(priority, resume) {
      members.push({ priority, resume })
      members.sort((left, right) => left.priority - right.priority)
    },
    received(bytes) {
      receivedTotal += bytes
      if (receivedTotal - reportedTotal < acknowledgeEveryBytes) return
      reportedTotal = receivedTotal
      acknowledge(receivedTotal >>> 0)
    },
  }
}
