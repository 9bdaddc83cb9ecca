import type { Hash } from '../crypto/hash.ts'
import type { PeerId } from '../ports/network.ts'
import { assert } from '../primitives/assert.ts'
import type { Bytes } from '../primitives/bytes.ts'

/**
 * What this node saw of single messages, and when: enough to follow one transaction, batch or block through a network afterwards. Two
 * rings of fixed size, so that a flood of transactions does not wash the blocks away. A sighting is written into memory that was
 * allocated at the start, and looked for only when somebody asks.
 */
export interface MessageTrace {
  /** Something happened to a batch or a block. */
  note(event: SightingEvent, hash: Hash, about?: SightingAbout): void
  /** Something happened to a transaction; `within` is the batch that holds it. */
  noteTransaction(event: SightingEvent, id: Hash, about?: SightingAbout): void
  /** What is remembered of this hash, in the order in which it happened. */
  of(hash: Bytes): readonly Sighting[]
  /** The time since when everything is remembered, ms; `undefined` before anything was forgotten. */
  readonly completeSince: number | undefined
}

export const sightingEvents = [
  /** A client brought the transaction. */
  'submitted',
  /** The transaction went into a batch, or the batch was made. */
  'packed',
  /** Sent to a peer unasked. */
  'pushed',
  /** Came from a peer unasked; a transaction, in a batch; a block, as a proposal. */
  'received',
  /** A peer said that it has the batch, which was not here. */
  'announced',
  /** Came from a peer that was asked. */
  'pulled',
  /** This node proposed the block, or a block that came names the batch. */
  'proposed',
  'prevoted',
  'precommitted',
  'final',
] as const
export type SightingEvent = (typeof sightingEvents)[number]

export interface SightingAbout {
  /** Who sent it, or to whom it was sent. */
  readonly peer?: PeerId
  /** The batch that holds the transaction, the block that names the batch. */
  readonly within?: Hash
  readonly height?: number
}

export interface Sighting extends SightingAbout {
  readonly event: SightingEvent
  /** Wall-clock time of this node, ms. */
  readonly at: number
}

/** @param entriesMax sightings kept of transactions, and as many of batches and blocks. 0: none, and nothing is spent. */
export function createMessageTrace(now: () => number, entriesMax: number): MessageTrace {
  const messages = createRing(entriesMax)
  const transactions = createRing(entriesMax)
  const rings = [transactions, messages]

  return {
    note(event, hash, about) {
      if (entriesMax > 0) messages.write(now(), event, hash, about)
    },
    noteTransaction(event, id, about) {
      if (entriesMax > 0) transactions.write(now(), event, id, about)
    },
    of: (hash) => rings.flatMap((ring) => ring.find(hash)),
    get completeSince() {
      const forgotten = rings.flatMap(({ forgottenAt }) => (forgottenAt === undefined ? [] : [forgottenAt]))
      return forgotten.length === 0 ? undefined : Math.max(...forgotten)
    },
  }
}

const hashBytes = 32
const noHeight = -1

function createRing(capacity: number) {
  const times = new Float64Array(capacity)
  const heights = new Float64Array(capacity)
  const events = new Uint8Array(capacity)
  const hashes = new Uint8Array(capacity * hashBytes)
  /** The first four bytes of each hash: nearly all entries are passed over by one comparison. */
  const firsts = new Uint32Array(capacity)
  const containers = new Uint8Array(capacity * hashBytes)
  const contained = new Uint8Array(capacity)
  const peers: (PeerId | undefined)[] = new Array(capacity).fill(undefined)
  let written = 0
  let forgottenAt: number | undefined

  function sightingAt(slot: number): Sighting {
    const peer = peers[slot]
    const height = heights[slot] as number
    return {
      event: sightingEvents[events[slot] as number] as SightingEvent,
      at: times[slot] as number,
      ...(peer !== undefined && { peer }),
      ...(contained[slot] === 1 && { within: containers.slice(slot * hashBytes, (slot + 1) * hashBytes) as Hash }),
      ...(height !== noHeight && { height }),
    }
  }

  function holds(slot: number, hash: Bytes): boolean {
    for (let index = 0; index < hashBytes; index++) if (hashes[slot * hashBytes + index] !== hash[index]) return false
    return true
  }

  return {
    get forgottenAt() {
      return forgottenAt
    },
    write(at: number, event: SightingEvent, hash: Hash, about: SightingAbout | undefined): void {
      const slot = written % capacity
      if (written >= capacity) forgottenAt = times[slot]
      written++
      times[slot] = at
      heights[slot] = about?.height ?? noHeight
      events[slot] = sightingEvents.indexOf(event)
      hashes.set(hash, slot * hashBytes)
      firsts[slot] = firstOf(hash)
      contained[slot] = about?.within ? 1 : 0
      if (about?.within) containers.set(about.within, slot * hashBytes)
      peers[slot] = about?.peer
    },
    /** From the oldest to the newest. */
    find(hash: Bytes): readonly Sighting[] {
      assert(hash.length === hashBytes, 'what is traced is named by a hash')
      const found: Sighting[] = []
      const first = firstOf(hash)
      for (let index = Math.max(0, written - capacity); index < written; index++) {
        const slot = index % capacity
        if (firsts[slot] === first && holds(slot, hash)) found.push(sightingAt(slot))
      }
      return found
    },
  }
}

function firstOf(hash: Bytes): number {
  return (((hash[0] as number) << 24) | ((hash[1] as number) << 16) | ((hash[2] as number) << 8) | (hash[3] as number)) >>> 0
}
