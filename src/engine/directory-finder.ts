import type { ChainId } from '../chain/identifiers.ts'
import { closestMax, dialAddress } from '../peers/kademlia/contact.ts'
import {
  authorOf,
  checkRecord,
  type DirectoryRecord,
  isNewer,
  placeOfRecord,
  type RecordRules,
} from '../peers/kademlia/directory-record.ts'
import { type Place, placeOfPeer } from '../peers/kademlia/distance.ts'
import type { RecordStore } from '../peers/kademlia/record-store.ts'
import type { RoutingTable } from '../peers/kademlia/routing-table.ts'
import type { PeerId } from '../ports/network.ts'
import type { DhtQuestions } from './dht-questions.ts'
import type { Search, SearchResult } from './dht-search.ts'
import type { Ports } from './ports.ts'

/** Searches of the directory, and what is kept at whom they find. */
export interface DirectoryFinder {
  searchAt(target: Place, recordsEnough?: number): Promise<SearchResult>
  findPeer(peer: PeerId): Promise<readonly string[]>
  find(place: Place, enough?: number): Promise<readonly DirectoryRecord[]>
  publish(record: DirectoryRecord): Promise<number>
}

/** Authors of records that are enough for a search. */
const authorsEnough = 16

export function createDirectoryFinder(options: {
  readonly ports: Ports
  readonly chainId: ChainId
  readonly table: RoutingTable
  readonly store: RecordStore
  readonly serves: () => boolean
  readonly rules: () => RecordRules
  readonly search: (search: Search) => Promise<SearchResult>
  readonly questions: Pick<DhtQuestions, 'store'>
}): DirectoryFinder {
  const { chainId, table, store, serves, search, questions } = options
  const { clock } = options.ports

  async function searchAt(target: Place, recordsEnough?: number): Promise<SearchResult> {
    table.refreshed(target, clock.monotonic())
    const start = table.closest(target, closestMax)
    return search({ target, start, ...(recordsEnough !== undefined && { recordsEnough }) })
  }

  return {
    searchAt,
    async findPeer(peer) {
      const target = placeOfPeer(peer)
      const { closest } = await search({ target, start: table.closest(target, closestMax), until: peer })
      const [nearest] = closest
      return nearest?.peer === peer ? nearest.addresses.map((address) => dialAddress(address, peer)) : []
    },
    async find(place, enough = authorsEnough) {
      const here = serves() ? store.of(place, enough, clock.now()) : []
      const { records } = await searchAt(place, enough)
      return newestOfEach([...here, ...records])
    },
    async publish(record) {
      // To ask others to keep what they must refuse would be this node's own offence.
      if (!checkRecord(record, options.rules()).ok) return 0
      const { closest } = await searchAt(placeOfRecord(chainId, record))
      const outcomes = await Promise.all(closest.map((contact) => questions.store(contact, record)))
      return outcomes.filter(Boolean).length
    },
  }
}

function newestOfEach(records: readonly DirectoryRecord[]): readonly DirectoryRecord[] {
  const newest = new Map<string, DirectoryRecord>()
  for (const record of records) {
    const known = newest.get(authorOf(record))
    if (!known || isNewer(record, known)) newest.set(authorOf(record), record)
  }
  return [...newest.values()]
}
