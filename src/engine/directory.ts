import type { ChainId } from '../chain/identifiers.ts'
import type { Ed25519Keypair } from '../crypto/ed25519.ts'
import { readDialTarget } from '../peers/dial-target.ts'
import type { Hello } from '../peers/hello.ts'
import { bareAddress, type Contact, contactAddressesMax, contactOf, dialAddress, isTellable } from '../peers/kademlia/contact.ts'
import { type DirectoryRecord, type RecordRules, servicePlace, validatorPlace } from '../peers/kademlia/directory-record.ts'
import type { Place } from '../peers/kademlia/distance.ts'
import { createRecordStore } from '../peers/kademlia/record-store.ts'
import { usableAddresses } from '../peers/listen-addresses.ts'
import { placeOf } from '../peers/network-group.ts'
import type { PeerId, PeerInfo } from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { Rejection } from '../primitives/result.ts'
import { type Crawl, contactOfAddress, crawlNetwork, createCrawler } from './dht-crawl.ts'
import { createDhtQuestions, type Found } from './dht-questions.ts'
import { createSearcher } from './dht-search.ts'
import { createDhtServer } from './dht-server.ts'
import { createDirectoryFinder } from './directory-finder.ts'
import { createDirectoryKeeper } from './directory-keeper.ts'
import { createDirectoryTable } from './directory-table.ts'
import type { OwnAddresses } from './own-addresses.ts'
import type { Ports } from './ports.ts'
import type { Visits } from './visits.ts'

/**
 * What the nodes of a chain know together: where each of them is, which node speaks for which validator, and who offers what. A
 * Kademlia table over the request protocol `dht`. Spec: docs/spec/discovery.md, "Directory".
 */
export interface Directory {
  /** Addresses at which the peer has just answered; none when it was not found. */
  findPeer(peer: PeerId): Promise<readonly string[]>
  /** Keeps a signed record at the nodes nearest to its place; at how many. */
  publish(record: DirectoryRecord): Promise<number>
  /** The records of a place, the newest of each author. */
  find(place: Place): Promise<readonly DirectoryRecord[]>
  /** Where the validator is that a network key speaks for. */
  findValidator(networkKey: Bytes): Promise<readonly string[]>
  findService(service: string): Promise<readonly DirectoryRecord[]>
  /** Offers a service under this node's own signature, or does not any more: then its record is not renewed, and expires. */
  provide(service: string, isOffered: boolean): void
  /** One at a time: whoever asks while one is under way gets that one's result. */
  crawl(): Promise<Crawl>
  /** How the last one went, and whether one is under way. */
  crawled(): { readonly running: boolean; readonly last: Crawl | undefined }
  /** Nodes in the routing table. */
  readonly size: number
  /** The answer to a request. Throws a refusal. */
  serve(peer: PeerId, request: Bytes): Bytes
  /** Somebody is connected, and this is its hello. */
  met(peer: PeerInfo, hello: Hello | undefined): void
  start(): void
  stop(): Promise<void>
}

/** In a hello: this node answers `dht` requests. */
export const directoryCapability = 'dht'

export interface DirectorySettings {
  /** `client` only asks. `auto` answers too while others can reach this node, as far as it knows. */
  readonly mode: 'auto' | 'server' | 'client'
}

export interface DirectoryOptions {
  readonly ports: Ports
  readonly chainId: ChainId
  readonly visits: Visits
  /** The routing table of this node’s last run. */
  readonly known: readonly Contact[]
  readonly discovery: {
    learn(addresses: readonly string[], source: { readonly kind: 'dht'; readonly host: string }): void
    good(n: number): readonly string[]
  }
  /** Whether this node answers questions, which takes that others can reach it. */
  readonly serves: () => boolean
  /** Addresses at which others can. */
  readonly ownAddresses: () => readonly string[]
  readonly helloOf: (peer: PeerId) => Hello | undefined
  /** False for whom conduct or the operator keeps out. */
  readonly mayDial: (address: string, peer: PeerId) => boolean
  /** What stands behind a network key; undefined while this node does not know the latest state. */
  readonly stakeOf: () => ((networkKey: Bytes) => bigint) | undefined
  readonly networkKey: Ed25519Keypair | undefined
  readonly onRejection: (peer: PeerId, rejection: Rejection) => void
}

/** A node that nobody can dial would only be in the way. */
export function servesDirectory({ mode }: DirectorySettings, own: Pick<OwnAddresses, 'announced' | 'reachability'>): boolean {
  return mode === 'server' || (mode === 'auto' && own.reachability() !== 'private' && own.announced().length > 0)
}

/** Addresses from elsewhere at which a crawl begins too. */
const goodToCrawl = 1000

export function createDirectory(options: DirectoryOptions): Directory {
  const { ports, chainId, visits, discovery, serves, onRejection } = options
  const { clock, network, telemetry } = ports
  let stopped = false
  const isStopped = () => stopped
  const kept = createDirectoryTable(ports, options.known, (contact) => void questions.ping(contact))
  const { table } = kept
  const store = createRecordStore()
  const verifyPeer: RecordRules['verifyPeer'] = (peer, message, signature) =>
    ports.identity?.verify(peer, message, signature) ?? false
  const rules = (): RecordRules => ({ chainId, now: clock.now(), verifyPeer, stakeOf: options.stakeOf() })

  const questions = createDhtQuestions({
    ports,
    chainId,
    visits,
    serves,
    mayVisit: ({ peer, addresses }) => addresses.some((address) => options.mayDial(dialAddress(address, peer), peer)),
    rules,
    onAnswer: kept.heard,
    onSilence: kept.silent,
    onRejection,
  })
  const search = createSearcher({ ports, questions, onFound, isStopped })
  const serve = createDhtServer({
    chainId,
    self: network.self,
    table,
    store,
    serves,
    infoOf: visits.infoOf,
    rules,
    onServer: (peer) => meet(peer, options.helloOf(peer.id)),
    onRefused: ({ code }) => telemetry.count('synod_rejections_total', 1, { code }),
  })

  /** What was told is only learnt: whoever answers there is in the table by then. */
  function onFound({ contacts, host }: Found): void {
    const addresses = contacts.flatMap(({ peer, addresses: at }) => at.map((address) => dialAddress(address, peer)))
    discovery.learn(addresses, { kind: 'dht', host })
  }

  function meet(peer: PeerInfo, hello: Hello | undefined): void {
    const contact = contactOfPeer(peer, hello)
    if (!contact) return
    kept.heard(contact)
    keeper.met()
  }

  const finder = createDirectoryFinder({ ports, chainId, table, store, serves, rules, search, questions })
  const { find, publish } = finder
  const crawler = createCrawler(() => {
    const start = [...table.contacts(), ...discovery.good(goodToCrawl).flatMap(contactOfAddress)]
    return crawlNetwork({ ports, questions, start, helloOf: options.helloOf, isStopped })
  })
  const keeper = createDirectoryKeeper({ ...options, store, table, publish, refresh: finder.searchAt })

  return {
    async findPeer(peer) {
      const connected = visits.infoOf(peer)
      if (connected?.direction === 'outbound') return [dialAddress(bareAddress(connected.address), peer)]
      return finder.findPeer(peer)
    },
    publish,
    find: (place) => find(place),
    async findValidator(networkKey) {
      const [record] = await find(validatorPlace(chainId, networkKey), 1)
      return record ? record.addresses.map((address) => dialAddress(address, record.peer)) : []
    },
    findService: (service) => find(servicePlace(chainId, service)),
    provide: keeper.provide,
    ...crawler,
    get size() {
      return table.size
    },
    serve,
    met(peer, hello) {
      if (hello?.capabilities.includes(directoryCapability)) meet(peer, hello)
    },
    start() {
      keeper.start()
    },
    async stop() {
      stopped = true
      keeper.stop()
      await kept.stop()
    },
  }
}

/** Of what a peer claims, the addresses that lead to where it is seen; the one at which it was dialled is proved. */
function contactOfPeer(peer: PeerInfo, hello: Hello | undefined): Contact | undefined {
  const { host } = placeOf(peer.host)
  const claimed = usableAddresses(hello?.listenAddresses ?? [], peer.id, peer.host).filter(
    (address) => !address.startsWith('/') || readDialTarget(address).host === host,
  )
  const known = [...(peer.direction === 'outbound' ? [peer.address] : []), ...claimed].map(bareAddress)
  const addresses = [...new Set(known)].filter((address) => isTellable(address, peer.id)).slice(0, contactAddressesMax)
  return addresses.length === 0 ? undefined : contactOf(peer.id, addresses)
}
