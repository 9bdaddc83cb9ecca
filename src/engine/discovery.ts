import { isBelievable } from '../peers/address-rules.ts'
import { type DialTarget, readDialTarget, withPeer } from '../peers/dial-target.ts'
import { usableAddresses } from '../peers/listen-addresses.ts'
import { placeOf } from '../peers/network-group.ts'
import type { PeerId } from '../ports/network.ts'
import { chanceOf } from './chance.ts'
import type { ConnectionKeeper } from './connection-keeper.ts'
import type { KeptAddressBook } from './kept-address-book.ts'
import type { PeerRegister } from './peer-register.ts'
import type { Ports } from './ports.ts'

/** Everything that finds peers tells it here, and nobody else touches what becomes of it. */
export interface Discovery {
  /** Addresses that `source` told of. What may not be dialled is left out here, so nobody else has to. */
  learn(addresses: readonly string[], source: AddressSource): void
  /** Where a connected peer says that it can be dialled itself. Returns what is in the book now. */
  learnOwn(addresses: readonly string[], peer: PeerId): readonly SeenAddress[]
  /** Addresses where nodes were seen some time ago. Returns those that are in the book now. */
  learnSeen(seen: readonly SeenAddress[], source: AddressSource): readonly SeenAddress[]
  /** At most `n` addresses that are worth telling others, each with its peer id; those where this node was itself come first. */
  good(n: number): readonly string[]
  /** A part of the book that may be told to somebody who asks for it. */
  sample(): readonly SeenAddress[]
  size(): { readonly new: number; readonly tried: number }
  /** How many addresses came into the book since the start, by who told of them first. */
  learnt(): Readonly<Record<AddressSource['kind'], number>>
}

export interface SeenAddress {
  readonly address: string
  readonly seenAgoMs: number
}

/** Who told of an address. `host`: its IP address; for DNS, the resolver's, or the seed's name. Its network group bounds what it can fill. */
export interface AddressSource {
  readonly kind: 'config' | 'seed' | 'peer' | 'dht' | 'mdns'
  readonly host: string
}

export function createDiscovery(options: {
  readonly ports: Ports
  readonly register: PeerRegister
  readonly addressBook: Pick<KeptAddressBook, 'book' | 'changed'>
  readonly keeper: Pick<ConnectionKeeper, 'look'>
}): Discovery {
  const { register, keeper, addressBook } = options
  const { clock, entropy, network, telemetry } = options.ports
  const { book } = addressBook
  const chance = chanceOf(entropy)
  const now = () => clock.monotonic()
  const learnt = { config: 0, seed: 0, peer: 0, dht: 0, mdns: 0 }

  function take(target: DialTarget, seenAgoMs: number, { host }: AddressSource, own: ReadonlySet<string>) {
    const isOwn = target.peer === network.self || own.has(target.endpoint)
    if (isOwn || !isBelievable(target, host)) return 'refused'
    const at = now()
    return book.learn(target, { host, group: placeOf(host).group }, { now: at, seenAt: at - seenAgoMs }, chance)
  }

  function learnSeen(seen: readonly SeenAddress[], source: AddressSource): readonly SeenAddress[] {
    const own = new Set(network.addresses().map((address) => readDialTarget(address).endpoint))
    const results = seen.map(({ address, seenAgoMs }) => take(readDialTarget(address), seenAgoMs, source, own))
    learnt[source.kind] += results.filter((result) => result === 'new').length
    for (const result of results) telemetry.count('synod_addresses_learnt_total', 1, { source: source.kind, result })
    if (results.includes('new')) {
      for (const table of ['new', 'tried'] as const) telemetry.gauge('synod_address_book_entries', book.size[table], { table })
      addressBook.changed()
      keeper.look()
    }
    return seen.filter((_, index) => results[index] === 'new' || results[index] === 'known')
  }

  const fresh = (addresses: readonly string[]) => addresses.map((address) => ({ address, seenAgoMs: 0 }))

  return {
    learn: (addresses, source) => void learnSeen(fresh(addresses), source),
    learnSeen,
    learnOwn(addresses, peer) {
      const host = register.of(peer)?.host
      if (host === undefined) return []
      const own = usableAddresses(addresses, peer, host).flatMap((address) => ownAddress(address, peer))
      return learnSeen(fresh(own), { kind: 'peer', host })
    },
    good(n) {
      const known = book.candidates(now()).filter(({ target }) => target.peer !== undefined)
      const lots = known.map((entry) => ({ entry, rank: entry.triedSlot === undefined ? 1 : 0, lot: chance() }))
      const order = lots.sort((left, right) => left.rank - right.rank || left.lot - right.lot)
      return order.slice(0, n).map(({ entry }) => entry.target.address)
    },
    sample: () =>
      book
        .sample(now(), chance)
        .map(({ target, seenAt }) => ({ address: target.address, seenAgoMs: Math.max(0, now() - seenAt) })),
    size: () => book.size,
    learnt: () => ({ ...learnt }),
  }
}

/** An address that leads to somebody else is not the peer's to give away. */
function ownAddress(address: string, peer: PeerId): readonly string[] {
  const { peer: named } = readDialTarget(address)
  if (named === peer) return [address]
  if (named !== undefined) return []
  return [withPeer(address, peer)]
}
