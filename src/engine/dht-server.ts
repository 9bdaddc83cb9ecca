import type { ChainId } from '../chain/identifiers.ts'
import { decode, encode } from '../codec/codec.ts'
import { listedAddress, reachOfPeer } from '../peers/address-rules.ts'
import { type Contact, closestMax, contactAddressesMax, contactOf, groupOfHost, isTellable } from '../peers/kademlia/contact.ts'
import {
  answerRecordsMax,
  type DhtAnswer,
  type DhtRequest,
  dhtAnswerSchema,
  dhtRequestSchema,
} from '../peers/kademlia/dht-message.ts'
import { checkRecord, type DirectoryRecord, placeOfRecord, type RecordRules } from '../peers/kademlia/directory-record.ts'
import { compareDistance, placeOfPeer } from '../peers/kademlia/distance.ts'
import type { RecordStore } from '../peers/kademlia/record-store.ts'
import { type RoutingTable, tableBounds } from '../peers/kademlia/routing-table.ts'
import { refusal } from '../peers/refusal.ts'
import type { PeerId, PeerInfo } from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { Rejection } from '../primitives/result.ts'
import { requestRejected } from './request-rejection.ts'

export interface DhtServerOptions {
  readonly chainId: ChainId
  readonly self: PeerId
  readonly table: RoutingTable
  readonly store: RecordStore
  readonly serves: () => boolean
  readonly infoOf: (peer: PeerId) => PeerInfo | undefined
  readonly rules: () => RecordRules
  /** The asker says that it answers questions too. */
  readonly onServer: (peer: PeerInfo) => void
  /** What was asked to be kept, and is not, for reasons that are nobody's fault. */
  readonly onRefused: (rejection: Rejection) => void
}

/** Answers `dht` requests: the other side of `DhtQuestions`. Throws a refusal when this node does not serve, or cannot read it. */
export function createDhtServer(options: DhtServerOptions): (peer: PeerId, request: Bytes) => Bytes {
  const { chainId, table, store, rules } = options
  const own = placeOfPeer(options.self)

  function find(asker: PeerInfo, { target, records }: Extract<DhtRequest, { type: 'find' }>): DhtAnswer {
    const kept = records ? store.of(target, answerRecordsMax, rules().now) : []
    return { type: 'found', peers: told(table.closest(target, 2 * closestMax, asker.id), asker), records: kept }
  }

  /** Kept when this node is among the nearest to it, as far as it knows. */
  function keep(asker: PeerInfo, record: DirectoryRecord): DhtAnswer {
    const place = placeOfRecord(chainId, record)
    const nearer = table.closest(place, closestMax, asker.id)
    const farthest = nearer.length < closestMax ? undefined : nearer.at(-1)
    if (farthest && compareDistance(place, farthest.place, own) < 0) return { type: 'stored', kept: false }
    const checked = checkRecord(record, rules())
    if (!checked.ok && isFault(checked.error)) throw requestRejected(checked.error)
    if (!checked.ok) {
      options.onRefused(checked.error)
      return { type: 'stored', kept: false }
    }
    const outcome = store.put(place, record, groupOfHost(asker.host), rules().now)
    return { type: 'stored', kept: outcome === 'kept' || outcome === 'known' }
  }

  function answer(asker: PeerInfo, request: DhtRequest): DhtAnswer {
    if (request.type === 'ping') return { type: 'pong' }
    return request.type === 'find' ? find(asker, request) : keep(asker, request.record)
  }

  return (peer, bytes) => {
    const decoded = decode(dhtRequestSchema, bytes.slice())
    if (!decoded.ok) throw requestRejected(decoded.error)
    if (!options.serves()) throw refusal('REQUEST_UNSUPPORTED', 'this node asks, and does not answer')
    const asker = options.infoOf(peer)
    if (!asker) throw refusal('REQUEST_INTERNAL', 'you are gone')
    if (decoded.value.serves) options.onServer(asker)
    return encode(dhtAnswerSchema, answer(asker, decoded.value))
  }
}

/** A record is late, or its stake is gone, without anybody's doing. */
function isFault({ code }: Rejection): boolean {
  return code === 'DHT_RECORD_INVALID' || code === 'DHT_RECORD_FORGED'
}

/** The nearest, with those of their addresses that the asker can use: by them, too, no group is told of more than a table may hold. */
function told(contacts: readonly Contact[], asker: PeerInfo): readonly { peer: string; addresses: readonly string[] }[] {
  const reach = reachOfPeer(asker.host)
  const groups = new Map<string, number>()
  const chosen: { peer: string; addresses: readonly string[] }[] = []
  for (const { peer, addresses } of contacts) {
    const usable = addresses.filter(
      (address) => isTellable(address, peer) && (!address.startsWith('/') || listedAddress(address, peer, reach) !== undefined),
    )
    if (usable.length === 0) continue
    const { group } = contactOf(peer, usable)
    const ofGroup = (groups.get(group) ?? 0) + 1
    if (ofGroup > tableBounds.perGroup) continue
    groups.set(group, ofGroup)
    chosen.push({ peer, addresses: usable.slice(0, contactAddressesMax) })
    if (chosen.length === closestMax) break
  }
  return chosen
}
