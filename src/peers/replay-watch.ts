import { assert } from '../primitives/assert.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { type TokenBucket, type TokenBucketPolicy, takeTokens } from '../primitives/token-bucket.ts'

/**
 * Notices who sends over and over what it has itself sent before. An honest peer repeats itself a little, when a question was on its way
 * while the answer was, so repetitions have a budget. A peer's memory is one table of fingerprints of fixed size.
 */
export interface ReplayWatch {
  /** Notes a message by its hash. True when the peer has repeated itself beyond what is forgiven. */
  isReplay(peer: string, hash: Bytes, now: number): boolean
  forget(peer: string): void
  /** Peers that are remembered. */
  size(): number
}

/** Fingerprints that may stand at one place of the table: whoever comes last pushes out the oldest of its place. */
const ways = 4
const places = 256
/** Peers remembered, 8 KB each: whoever is spoken of longest ago starts anew, however many come and go. */
export const replayMemoriesMax = 4096

interface Memory {
  /** 0: empty. */
  readonly fingerprints: Float64Array
  forgiven: TokenBucket
}

/** @param forgiven repetitions that cost nothing. */
export function createReplayWatch(forgiven: TokenBucketPolicy): ReplayWatch {
  const memories = createBoundedMap<string, Memory>(replayMemoriesMax)

  function isKnown({ fingerprints }: Memory, fingerprint: number): boolean {
    const first = (fingerprint % places) * ways
    for (let at = first; at < first + ways; at++) if (fingerprints[at] === fingerprint) return true
    fingerprints.copyWithin(first + 1, first, first + ways - 1)
    fingerprints[first] = fingerprint
    return false
  }

  return {
    isReplay(peer, hash, now) {
      let memory = memories.get(peer)
      if (!memory) {
        memory = { fingerprints: new Float64Array(places * ways), forgiven: 0 }
        memories.set(peer, memory)
      }
      if (!isKnown(memory, fingerprintOf(hash))) return false
      const { conforms, bucket } = takeTokens(forgiven, memory.forgiven, now)
      memory.forgiven = bucket
      return !conforms
    },
    forget: (peer) => void memories.delete(peer),
    size: () => memories.size,
  }
}

/** 48 bits of a hash, and one more so that it is never 0. */
function fingerprintOf(hash: Bytes): number {
  assert(hash.length >= 6, 'a hash has bytes enough for a fingerprint')
  let fingerprint = 1
  for (let index = 0; index < 6; index++) fingerprint = fingerprint * 256 + (hash[index] as number)
  return fingerprint
}
