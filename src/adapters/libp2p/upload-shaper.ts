/**
 * Ceilings on what bulk may send, as the operator sets them: in all, to one peer, and for answers to requests, so that a node on a thin
 * line still has some of it for its own batches and blocks. They come on top of the pace of each connection, which finds by itself what
 * the link carries. Votes are never held back.
 */
import { type TokenBucket, type TokenBucketPolicy, takeTokens, tokenBucketPolicy } from '../../primitives/token-bucket.ts'
import type { BulkBudget } from './bulk-budget.ts'

export interface UploadCeilings {
  /** Bytes a second to all peers together; 0: no ceiling. */
  readonly bytesPerSecond: number
  /** Bytes a second to one peer; 0: no ceiling. */
  readonly peerBytesPerSecond: number
  /** The part of `bytesPerSecond` that answers to requests may take, above 0 up to 1. */
  readonly answersShare: number
}

export interface UploadBucket {
  /** Bytes that may be sent now. */
  room(): number
  take(bytes: number): void
  /** Tells when there is room again, after there was none. Returns how the listener leaves. */
  join(resume: () => void): () => void
}

/** The buckets of one connection: for all its bulk, and for its answers besides. */
export interface PeerUpload {
  readonly bulk: readonly UploadBucket[]
  readonly answers: readonly UploadBucket[]
}

/** What a ceiling lets through at once: a twentieth of a second, and never less than a write is worth. */
const burstSeconds = 0.05
const burstBytesMin = 16 << 10

export function createUploadShaper(ceilings: UploadCeilings | undefined, now: () => number): () => PeerUpload {
  const { bytesPerSecond = 0, peerBytesPerSecond = 0, answersShare = 1 } = ceilings ?? {}
  const bucket = (rate: number) => (rate > 0 ? [createUploadBucket(rate, now)] : [])
  const all = bucket(bytesPerSecond)
  const answers = answersShare < 1 ? bucket(bytesPerSecond * answersShare) : []
  return () => ({ bulk: [...all, ...bucket(peerBytesPerSecond)], answers })
}

export function createUploadBucket(bytesPerSecond: number, now: () => number): UploadBucket {
  const burst = Math.max(burstBytesMin, bytesPerSecond * burstSeconds)
  const policy: TokenBucketPolicy = tokenBucketPolicy(bytesPerSecond, 1000, burst)
  const members = new Set<() => void>()
  let bucket: TokenBucket = 0
  let isWaiting = false

  function refill(): void {
    isWaiting = false
    for (const resume of members) resume()
  }

  return {
    room() {
      const room = Math.floor(burst - Math.max(0, bucket - now()) / policy.intervalMs)
      // Small writes cost as much as large ones: it is worth waiting for half of what may go at once.
      if (room >= burstBytesMin / 2) return room
      if (!isWaiting) setTimeout(refill, Math.max(1, (burst / 2 - room) * policy.intervalMs)).unref()
      isWaiting = true
      return 0
    },
    take(bytes) {
      const taken = takeTokens(policy, bucket, now(), Math.min(bytes, burst))
      bucket = taken.conforms ? taken.bucket : now() + burst * policy.intervalMs
    },
    join(resume) {
      members.add(resume)
      return () => void members.delete(resume)
    },
  }
}

/** A budget that is held to buckets besides. */
export function withUpload(budget: BulkBudget, buckets: readonly UploadBucket[]): BulkBudget {
  if (buckets.length === 0) return budget
  return {
    ...budget,
    room: () => buckets.reduce((room, bucket) => (room === 0 ? 0 : Math.min(room, bucket.room())), budget.room()),
    take(bytes) {
      budget.take(bytes)
      for (const bucket of buckets) bucket.take(bytes)
    },
    join(priority, resume) {
      const leaves = [budget.join(priority, resume), ...buckets.map((bucket) => bucket.join(resume))]
      return () => {
        for (const leave of leaves) leave()
      }
    },
  }
}
