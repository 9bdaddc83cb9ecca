/**
 * How much of the node the world may have by its API: requests of one address in a while and at a time, and of all together. Whoever
 * asks for more is told so before anything is read or computed; consensus comes first when the node is overloaded.
 */
import { placeOf } from '../peers/network-group.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import { type TokenBucket, takeTokens, tokenBucketPolicy } from '../primitives/token-bucket.ts'
import { ApiError } from './api-error.ts'

export interface RequestLimits {
  /** Requests a second from one address; two seconds of them may come at once. */
  readonly perAddressSecond: number
  /** Requests that are being answered at a time, of one address and of all. */
  readonly inFlightPerAddress: number
  readonly inFlight: number
  /** Event streams of one address. */
  readonly streamsPerAddress: number
}

export interface RequestDesk {
  /** Lets a request in and returns how to end it. Throws `ApiError` 429, or 503 when it is not the address's fault. */
  admit(address: string): () => void
  /** The same for an event stream. */
  admitStream(address: string): () => void
}

const addressesMax = 4096
const burstSeconds = 2

export function createRequestDesk(options: {
  readonly limits: RequestLimits
  readonly isOverloaded: () => boolean
  /** Milliseconds that never go back. */
  readonly now: () => number
}): RequestDesk {
  const { limits, now } = options
  const rate = tokenBucketPolicy(limits.perAddressSecond, 1000, burstSeconds * limits.perAddressSecond)
  const buckets = createBoundedMap<string, TokenBucket>(addressesMax)
  const requests = createTally()
  const streams = createTally()

  function spend(site: string): void {
    const { conforms, bucket } = takeTokens(rate, buckets.get(site) ?? 0, now())
    buckets.set(site, bucket)
    if (!conforms) throw tooMany(`more than ${limits.perAddressSecond} requests a second come from there`)
  }

  return {
    admit(address) {
      const { site } = placeOf(address)
      spend(site)
      if (requests.of(site) >= limits.inFlightPerAddress) throw tooMany('too many requests from there are being answered')
      if (options.isOverloaded()) throw busy('the node is overloaded: come again later')
      if (requests.total() >= limits.inFlight) throw busy('the node answers as many requests as it may: come again later')
      return requests.enter(site)
    },
    admitStream(address) {
      const { site } = placeOf(address)
      spend(site)
      if (streams.of(site) >= limits.streamsPerAddress) throw tooMany('too many event streams go there already')
      return streams.enter(site)
    },
  }
}

/** How many are there, by name; as many names as there are entries. */
function createTally() {
  const counts = new Map<string, number>()
  let all = 0
  return {
    of: (name: string) => counts.get(name) ?? 0,
    total: () => all,
    enter(name: string): () => void {
      counts.set(name, (counts.get(name) ?? 0) + 1)
      all++
      let isIn = true
      return () => {
        if (!isIn) return
        isIn = false
        all--
        const left = (counts.get(name) ?? 1) - 1
        if (left > 0) counts.set(name, left)
        else counts.delete(name)
      }
    },
  }
}

const tooMany = (message: string) => new ApiError(429, 'API_THROTTLED', message)
const busy = (message: string) => new ApiError(503, 'API_BUSY', message)
