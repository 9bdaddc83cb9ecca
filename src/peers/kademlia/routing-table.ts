import { type Bucket, type Entry, emptyBucket, enter, promote, put, take, wait } from './bucket.ts'
import { type Contact, closestMax } from './contact.ts'
import { compareDistance, type Place, placeBits, sharedBits } from './distance.ts'

/**
 * Whom this node knows, the more of them the closer: a bucket for each number of leading bits shared with its own place. Who is known
 * longest stays, since it is likeliest to stay on; a newcomer to a full bucket waits, and the one least recently heard of is asked
 * before it loses its place. No network group fills a bucket or the table, so that addresses of one provider do not surround this node.
 * Spec: docs/spec/discovery.md, "Routing table".
 */
export interface RoutingTable {
  readonly size: number
  /** The contact has just answered this node, or asked it and said that it answers too. */
  heard(contact: Contact, now: number): Heard
  /** The contact did not answer. True when it lost its place. */
  failed(peer: string): boolean
  /** It does not answer questions any more. */
  forget(peer: string): void
  has(peer: string): boolean
  /** The nearest to a place, nearest first; at most `count`. */
  closest(target: Place, count: number, except?: string): readonly Contact[]
  /** A lookup in the neighbourhood of this place is under way: its bucket is fresh. */
  refreshed(target: Place, now: number): void
  /** Buckets in whose range nobody was looked for since `before`: from the farthest to the first empty one behind the deepest. */
  stale(before: number): readonly number[]
  contacts(): readonly Contact[]
}

export interface Heard {
  /** `full`: its group has all the places it may have, or it is this node itself. */
  readonly outcome: 'added' | 'known' | 'waiting' | 'full'
  /** Whom to ask whether it is still there: the least recently heard of in the full bucket. */
  readonly doubted?: Contact
}

export const tableBounds = { perBucket: closestMax, waitingPerBucket: 8, perGroupInBucket: 2, perGroup: 10 } as const
/** A contact without anybody waiting for its place loses it after so many failures in a row. */
const failuresMax = 3

export function createRoutingTable(self: Place): RoutingTable {
  const buckets = new Map<number, Bucket>()
  const indexOf = new Map<string, number>()
  const all = () => [...buckets.values()].flatMap(({ entries }) => entries)

  function bucketAt(index: number): Bucket {
    const bucket = buckets.get(index) ?? emptyBucket()
    buckets.set(index, bucket)
    return bucket
  }

  function hasRoomFor(group: string, bucket: Bucket): boolean {
    const ofGroup = (entries: readonly Contact[]) => entries.filter((entry) => entry.group === group).length
    return ofGroup(bucket.entries) < tableBounds.perGroupInBucket && ofGroup(all()) < tableBounds.perGroup
  }

  /** It has moved to another group where that has room; else it is as a stranger there. */
  function renew(bucket: Bucket, entry: Entry, contact: Contact): Heard {
    take(bucket, entry)
    if (contact.group === entry.group || hasRoomFor(contact.group, bucket)) {
      put(bucket, contact)
      return { outcome: 'known' }
    }
    indexOf.delete(entry.peer)
    return { outcome: 'full' }
  }

  function remove(peer: string): void {
    const index = indexOf.get(peer)
    if (index === undefined) return
    const bucket = bucketAt(index)
    bucket.entries = bucket.entries.filter((entry) => entry.peer !== peer)
    indexOf.delete(peer)
    const next = promote(bucket, (group) => hasRoomFor(group, bucket))
    if (next) indexOf.set(next.peer, index)
  }

  return {
    get size() {
      return indexOf.size
    },
    heard(contact, now) {
      const index = sharedBits(self, contact.place)
      if (index === placeBits) return { outcome: 'full' }
      const bucket = bucketAt(index)
      const known = bucket.entries.find(({ peer }) => peer === contact.peer)
      if (known) return renew(bucket, known, contact)
      if (!hasRoomFor(contact.group, bucket)) return { outcome: 'full' }
      if (bucket.entries.length >= tableBounds.perBucket) return wait(bucket, contact, tableBounds.waitingPerBucket)
      // What was known before this node was restarted is asked before anything that it has heard of since.
      if (now === Number.NEGATIVE_INFINITY) enter(bucket, contact)
      else put(bucket, contact)
      indexOf.set(contact.peer, index)
      return { outcome: 'added' }
    },
    failed(peer) {
      const bucket = buckets.get(indexOf.get(peer) ?? placeBits)
      const entry = bucket?.entries.find((each) => each.peer === peer)
      if (!bucket || !entry) return false
      entry.failures += 1
      entry.doubted = false
      if (bucket.waiting.length === 0 && entry.failures < failuresMax) return false
      remove(peer)
      return true
    },
    forget: remove,
    has: (peer) => indexOf.has(peer),
    closest: (target, count, except) =>
      all()
        .filter(({ peer }) => peer !== except)
        .sort((left, right) => compareDistance(target, left.place, right.place))
        .slice(0, count),
    refreshed(target, now) {
      bucketAt(Math.min(placeBits - 1, sharedBits(self, target))).refreshedAt = now
    },
    stale(before) {
      const deepest = [...buckets].reduce((most, [index, { entries }]) => (entries.length > 0 ? Math.max(most, index) : most), -1)
      const last = Math.min(placeBits - 1, deepest + 1)
      const isStale = (index: number) => (buckets.get(index)?.refreshedAt ?? Number.NEGATIVE_INFINITY) < before
      return Array.from({ length: last + 1 }, (_, index) => index).filter(isStale)
    },
    contacts: all,
  }
}
