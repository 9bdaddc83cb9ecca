import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type TokenBucket, takeTokens, tokenBucketPolicy } from './token-bucket.ts'

describe('token bucket', () => {
  test('gives the burst at once, then one token an interval', () => {
    const policy = tokenBucketPolicy(3, 300)
    let bucket: TokenBucket = 0
    const take = (now: number, tokens = 1) => {
      const answer = takeTokens(policy, bucket, now, tokens)
      bucket = answer.bucket
      return answer.conforms ? 'conforms' : answer.retryMs
    }
    expect([take(1000), take(1000), take(1000)]).toEqual(['conforms', 'conforms', 'conforms'])
    expect(take(1000)).toBe(100)
    expect(take(1099)).toBe(1)
    expect(take(1100)).toBe('conforms')
    expect(take(1100, 4)).toBe(Number.POSITIVE_INFINITY)
    expect(take(5000, 3)).toBe('conforms')
  })

  test('never gives more than the burst and what came back', () => {
    const request = fc.record({ waitMs: fc.nat(500), tokens: fc.integer({ min: 1, max: 5 }) })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(request, { maxLength: 200 }), (count, requests) => {
        const policy = tokenBucketPolicy(count, count * 10)
        let bucket: TokenBucket = 0
        let now = 0
        let taken = 0
        for (const { waitMs, tokens } of requests) {
          now += waitMs
          const answer = takeTokens(policy, bucket, now, tokens)
          bucket = answer.bucket
          if (answer.conforms) taken += tokens
          expect(taken).toBeLessThanOrEqual(count + now / 10)
        }
      }),
    )
  })

  test('a refused request conforms after the wait it was told', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), fc.integer({ min: 1, max: 5 }), (ahead, now, tokens) => {
        const policy = tokenBucketPolicy(5, 500)
        const answer = takeTokens(policy, now + ahead, now, tokens)
        if (!answer.conforms) expect(takeTokens(policy, answer.bucket, now + answer.retryMs, tokens).conforms).toBe(true)
      }),
    )
  })
})
