import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../crypto/hash.ts'
import { utf8 } from '../primitives/bytes.ts'
import { tokenBucketPolicy } from '../primitives/token-bucket.ts'
import { createReplayWatch, replayMemoriesMax } from './replay-watch.ts'

const hashOf = (name: string | number) => sha256(utf8(String(name)))
const watch = (forgiven = 3) => createReplayWatch(tokenBucketPolicy(forgiven, 60_000))

describe('replay watch', () => {
  it('forgives a few repetitions, and tells the rest', () => {
    const { isReplay } = watch()
    expect(Array.from({ length: 6 }, () => isReplay('peer', hashOf('vote'), 0))).toEqual([false, false, false, false, true, true])
    expect(isReplay('peer', hashOf('vote'), 60_000)).toBe(false)
  })

  it('does not hold against a peer what another sent', () => {
    const { isReplay } = watch(1)
    for (let index = 0; index < 50; index++) expect(isReplay(`peer ${index}`, hashOf('vote'), 0)).toBe(false)
  })

  it('notices a long list that is sent again', () => {
    const { isReplay } = watch(1)
    const round = () => Array.from({ length: 256 }, (_, index) => isReplay('peer', hashOf(index), 0)).filter(Boolean).length
    expect(round()).toBe(0)
    expect(round()).toBeGreaterThan(200)
  })

  it('starts anew with a connection', () => {
    const { isReplay, forget } = watch(1)
    for (let index = 0; index < 2; index++) isReplay('peer', hashOf('vote'), 0)
    forget('peer')
    expect(isReplay('peer', hashOf('vote'), 0)).toBe(false)
    expect(isReplay('peer', hashOf('vote'), 0)).toBe(false)
    expect(isReplay('peer', hashOf('vote'), 0)).toBe(true)
  })

  it('remembers so many peers, those that spoke last, also when they speak after they were forgotten', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ peer: fc.nat(20), isEnd: fc.boolean() }), { maxLength: 200 }), (steps) => {
        const { isReplay, forget, size } = watch(1)
        const bystanders = Array.from({ length: replayMemoriesMax - 10 }, (_, index) => `bystander ${index}`)
        for (const name of bystanders) isReplay(name, hashOf(0), 0)
        for (const { peer, isEnd } of steps) {
          if (isEnd) forget(`peer ${peer}`)
          isReplay(`peer ${peer}`, hashOf(0), 0)
          expect(size()).toBeLessThanOrEqual(replayMemoriesMax)
        }
      }),
      { numRuns: 5 },
    )
  })

  it('never takes what is new for a replay', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(1e6), { maxLength: 2000 }), (messages) => {
        const { isReplay } = watch(1)
        for (const message of messages) expect(isReplay('peer', hashOf(message), 0)).toBe(false)
      }),
      { numRuns: 20 },
    )
  })
})
