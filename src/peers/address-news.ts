import { createBoundedMap } from '../primitives/bounded-map.ts'
import { type TokenBucket, takeTokens, tokenBucketPolicy } from '../primitives/token-bucket.ts'

/**
 * Which addresses are told onward, and when. News crosses every link once: an address is passed on once an hour, and only while it was
 * seen within ten minutes. What is passed on is limited, and each teller has its turn, so that one who invents addresses crowds out
 * nobody else's; what this node saw itself goes first.
 */
export interface AddressNews {
  /** @param source who told: a peer, or `undefined` for this node itself. */
  add(address: string, source: string | undefined, seenAt: number, now: number): void
  /** What to pass on now; the rest waits. */
  take(now: number): readonly AddressNewsItem[]
  readonly waiting: boolean
}

export interface AddressNewsItem {
  readonly address: string
  readonly source: string | undefined
  readonly seenAt: number
}

export const freshMs = 10 * 60_000
/** Passed on to each peer. A receiver takes twice as much, so that honest peers never meet its limit, however the network delays. */
export const newsRate = tokenBucketPolicy(60, 60_000, 60)
export const newsTakenRate = tokenBucketPolicy(120, 60_000, 400)
const repeatMs = 60 * 60_000
const rememberedMax = 8192
const perSourceMax = 16
const sourcesMax = 128

export function createAddressNews(): AddressNews {
  const passedAt = createBoundedMap<string, number>(rememberedMax)
  const queues = new Map<string | undefined, AddressNewsItem[]>()
  let bucket: TokenBucket = 0

  function next(): AddressNewsItem | undefined {
    const source = queues.has(undefined) ? undefined : queues.keys().next().value
    const queue = queues.get(source)
    const item = queue?.shift()
    if (!queue) return undefined
    // Whoever had its turn goes to the end.
    queues.delete(source)
    if (queue.length > 0) queues.set(source, queue)
    return item
  }

  return {
    add(address, source, seenAt, now) {
      if (now - seenAt > freshMs || now - (passedAt.peek(address) ?? Number.NEGATIVE_INFINITY) < repeatMs) return
      const queue = queues.get(source) ?? []
      if (queue.length >= perSourceMax || (queue.length === 0 && queues.size >= sourcesMax && source !== undefined)) return
      passedAt.set(address, now)
      queue.push({ address, source, seenAt })
      queues.set(source, queue)
    },
    take(now) {
      const taken: AddressNewsItem[] = []
      while (queues.size > 0) {
        const answer = takeTokens(newsRate, bucket, now)
        if (!answer.conforms) break
        bucket = answer.bucket
        const item = next()
        if (item) taken.push(item)
      }
      return taken
    },
    get waiting() {
      return queues.size > 0
    },
  }
}
