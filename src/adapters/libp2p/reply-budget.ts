/**
 * A budget for what a connection has to be answered though nobody asked for it: pings below the streams, and streams beyond those that
 * are served. An answer may wait in memory for a peer that never reads it, and it costs the peer a few bytes to ask.
 */
import { type TokenBucket, takeTokens, tokenBucketPolicy } from '../../primitives/token-bucket.ts'
import { BrokenRule } from './broken-rule.ts'
import { repliesBurst, repliesPerSecond } from './limits.ts'

const policy = tokenBucketPolicy(repliesPerSecond, 1000, repliesBurst)

/** Counts replies; throws `BrokenRule` beyond the budget. @param what the violation. */
export function createReplyBudget(what: string): (count?: number) => void {
  let bucket: TokenBucket = 0
  return (count = 1) => {
    const answer = takeTokens(policy, bucket, performance.now(), count)
    if (!answer.conforms) throw new BrokenRule(what)
    bucket = answer.bucket
  }
}
