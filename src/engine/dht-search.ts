import type { Contact } from '../peers/kademlia/contact.ts'
import { authorOf, type DirectoryRecord, isNewer } from '../peers/kademlia/directory-record.ts'
import type { Place } from '../peers/kademlia/distance.ts'
import { createLookup } from '../peers/kademlia/lookup.ts'
import type { Timer } from '../ports/clock.ts'
import type { DhtQuestions, Found } from './dht-questions.ts'
import type { Ports } from './ports.ts'

export interface Search {
  readonly target: Place
  readonly start: readonly Contact[]
  /** Ends when this peer has answered itself. */
  readonly until?: string
  /** Records are wanted, and so many authors of them are enough, once two paths have brought some. */
  readonly recordsEnough?: number
}

export interface SearchResult {
  /** Those that answered, nearest first. */
  readonly closest: readonly Contact[]
  /** The newest of each author. */
  readonly records: readonly DirectoryRecord[]
  readonly asked: number
}

/** An answer that takes longer keeps nobody else waiting. */
const slowMs = 250

/** Runs lookups: asks as the pure machine says, until it is done or there is enough. Never rejects. */
export function createSearcher(options: {
  readonly ports: Ports
  readonly questions: Pick<DhtQuestions, 'find'>
  readonly onFound: (found: Found) => void
  readonly isStopped: () => boolean
}): (search: Search) => Promise<SearchResult> {
  const { ports, questions, onFound, isStopped } = options
  const { clock, network, telemetry } = ports

  return ({ target, start, until, recordsEnough }) =>
    new Promise((resolve) => {
      const began = clock.monotonic()
      const lookup = createLookup({ target, self: network.self, start, ...(until !== undefined && { until }) })
      const newest = new Map<string, DirectoryRecord>()
      const bringers = new Set<number>()
      let underWay = 0
      let isOver = false

      function take(contact: Contact, found: Found): void {
        for (const record of found.records) {
          const known = newest.get(authorOf(record))
          if (!known || isNewer(record, known)) newest.set(authorOf(record), record)
        }
        const path = lookup.pathOf(contact.peer)
        if (found.records.length > 0 && path !== undefined) bringers.add(path)
        lookup.answered(contact.peer, found.contacts)
        onFound(found)
      }

      async function ask(contact: Contact): Promise<void> {
        underWay += 1
        const slow: Timer = clock.schedule(slowMs, () => {
          lookup.slow(contact.peer)
          proceed()
        })
        const found = await questions.find(contact, target, recordsEnough !== undefined)
        slow.cancel()
        underWay -= 1
        if (isOver) return
        if (found) take(contact, found)
        else lookup.failed(contact.peer)
        proceed()
      }

      const hasEnough = () => recordsEnough !== undefined && newest.size >= recordsEnough && bringers.size > 1

      function proceed(): void {
        if (isOver) return
        if (!lookup.done && !hasEnough() && !isStopped()) for (const contact of lookup.next()) void ask(contact)
        if (!lookup.done && !hasEnough() && !isStopped() && underWay > 0) return
        isOver = true
        telemetry.observe('synod_dht_lookup_seconds', (clock.monotonic() - began) / 1000)
        resolve({ closest: lookup.closest(), records: [...newest.values()], asked: lookup.asked })
      }

      proceed()
    })
}
