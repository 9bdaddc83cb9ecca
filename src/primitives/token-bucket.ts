import { assert } from './assert.ts'

/**
 * A token bucket as the generic cell rate algorithm (ITU-T I.371): instead of a level and the time of its last refill it keeps one
 * number, the time at which the bucket will be full again. It is plain data, so a million of them are a million numbers.
 */
export interface TokenBucketPolicy {
  /** Milliseconds in which one token comes back. */
  readonly intervalMs: number
  /** The most tokens that can be taken at once. */
  readonly burst: number
}

/** When the bucket is full again, in the milliseconds of the time passed in; 0 for a new bucket. */
export type TokenBucket = number

export type TokenBucketAnswer =
  | { readonly conforms: true; readonly bucket: TokenBucket }
  /** The bucket is unchanged; the same request conforms in `retryMs`, or never when it exceeds the burst (Infinity). */
  | { readonly conforms: false; readonly bucket: TokenBucket; readonly retryMs: number }

/** `count` tokens every `periodMs`, all of which can be taken at once. */
export function tokenBucketPolicy(count: number, periodMs: number, burst = count): TokenBucketPolicy {
  assert(count > 0 && periodMs > 0 && burst > 0, 'a token bucket refills and holds something')
  return { intervalMs: periodMs / count, burst }
}

/** Takes `tokens` at `now`, or says how long to wait. `now` must not be NaN; going back in time only makes the caller wait longer. */
export function takeTokens(policy: TokenBucketPolicy, bucket: TokenBucket, now: number, tokens = 1): TokenBucketAnswer {
  const next = Math.max(bucket, now) + tokens * policy.intervalMs
  const excessMs = next - now - policy.burst * policy.intervalMs
  if (excessMs <= 0) return { conforms: true, bucket: next }
  return { conforms: false, bucket, retryMs: tokens > policy.burst ? Number.POSITIVE_INFINITY : excessMs }
}
