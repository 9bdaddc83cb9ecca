import type { Contact } from './contact.ts'

/** The contacts at one distance, the least recently heard of first, and who waits for a place among them, the latest last. */
export interface Bucket {
  entries: Entry[]
  waiting: Contact[]
  refreshedAt: number
}

export interface Entry extends Contact {
  /** In a row. */
  failures: number
  /** It is being asked whether it is still there. */
  doubted: boolean
}

const fresh = (contact: Contact): Entry => ({ ...contact, failures: 0, doubted: false })

export function emptyBucket(): Bucket {
  return { entries: [], waiting: [], refreshedAt: Number.NEGATIVE_INFINITY }
}

/** As the most recently heard of. */
export function put(bucket: Bucket, contact: Contact): void {
  bucket.entries.push(fresh(contact))
}

/** As the least recently heard of: it was heard of before anybody who is there. */
export function enter(bucket: Bucket, contact: Contact): void {
  bucket.entries.unshift(fresh(contact))
}

export function take(bucket: Bucket, entry: Entry): void {
  bucket.entries = bucket.entries.filter((each) => each !== entry)
}

/** One place among those who wait for each group. Names whom to ask whether it is still there, unless somebody is being asked already. */
export function wait(bucket: Bucket, contact: Contact, waitingMax: number): { outcome: 'waiting'; doubted?: Contact } {
  const others = bucket.waiting.filter(({ peer, group }) => peer !== contact.peer && group !== contact.group)
  bucket.waiting = [...others, contact].slice(-waitingMax)
  const [oldest] = bucket.entries
  if (!oldest || bucket.entries.some(({ doubted }) => doubted)) return { outcome: 'waiting' }
  oldest.doubted = true
  return { outcome: 'waiting', doubted: oldest }
}

/** A place is free: it goes to whoever waits since the shortest time, who is the likeliest to be there. */
export function promote(bucket: Bucket, hasRoomFor: (group: string) => boolean): Contact | undefined {
  const next = bucket.waiting.findLast(({ group }) => hasRoomFor(group))
  if (!next) return undefined
  bucket.waiting = bucket.waiting.filter((each) => each !== next)
  enter(bucket, next)
  return next
}
