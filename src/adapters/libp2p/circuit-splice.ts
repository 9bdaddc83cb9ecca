/**
 * Two streams of a relay made into one connection. Each direction has a pace of its own; what is beyond it is not read, so that it waits
 * at its sender, and what one end does not take is not read from the other.
 */
import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { type TokenBucket, type TokenBucketPolicy, tokenBucketPolicy } from '../../primitives/token-bucket.ts'
import { isWritable } from './stream-state.ts'

export interface SpliceOptions {
  readonly bytesPerSecond: number
  readonly durationMs: number
  readonly onBytes: (bytes: number) => void
  readonly onEnd: () => void
}

/** Ends both streams when one ends, or when the time is over. */
export function splice(left: Stream, right: Stream, options: SpliceOptions): void {
  let isOver = false
  const end = (reason: string) => {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    for (const stream of [left, right]) stream.abort(new Error(reason))
    options.onEnd()
  }
  const timer = setTimeout(() => end('the relayed connection has lasted its time'), options.durationMs).unref()
  // Two seconds at once: a block is larger than what a second carries, and connections are silent most of the time.
  const policy = tokenBucketPolicy(options.bytesPerSecond, 1000, 2 * options.bytesPerSecond)
  for (const [from, to] of [
    [left, right],
    [right, left],
  ] as const) {
    lead(from, to, policy, options.onBytes)
    from.addEventListener('remoteCloseWrite', () => end('an end of the relayed connection closed it'))
    from.addEventListener('close', () => end('an end of the relayed connection is gone'))
  }
}

function lead(from: Stream, to: Stream, policy: TokenBucketPolicy, onBytes: (bytes: number) => void): void {
  let bucket: TokenBucket = 0
  let isLate = false

  function resume(): void {
    if (!isLate && !to.writableNeedsDrain && from.readStatus === 'paused') from.resume()
  }

  /** Takes what has come already, and waits until it is paid for. */
  function pay(bytes: number): void {
    const now = performance.now()
    bucket = Math.max(bucket, now) + bytes * policy.intervalMs
    const lateMs = bucket - now - policy.burst * policy.intervalMs
    if (lateMs <= 0) return
    isLate = true
    setTimeout(() => {
      isLate = false
      resume()
    }, lateMs).unref()
  }

  from.addEventListener('message', ({ data }: StreamMessageEvent) => {
    if (!isWritable(to)) return
    onBytes(data.byteLength)
    pay(data.byteLength)
    const isFull = !to.send(data)
    if ((isFull || isLate) && from.readStatus === 'readable') from.pause()
  })
  to.addEventListener('drain', resume)
}
