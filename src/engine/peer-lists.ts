import { decode, encode } from '../codec/codec.ts'
import { listedAddress, type Reach, reachOfPeer } from '../peers/address-rules.ts'
import { applyChange, changeFrom, type ListVersion, nextVersion } from '../peers/delta-list.ts'
import type { Hello } from '../peers/hello.ts'
import { type ListedPeer, listedAddressesMax, listedPeersMax, peerListMessageSchema } from '../peers/peer-list.ts'
import type { Timer } from '../ports/clock.ts'
import type { PeerId, PeerInfo } from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { Rejection } from '../primitives/result.ts'
import type { Ports } from './ports.ts'

/**
 * Nodes tell their peers to whom else they are connected, and where those can be dialled: soon after it changes, as a delta to what the
 * other has. So nodes find more nodes, and know who was told of a batch by somebody else. Spec: docs/spec/sync.md, "Peer lists".
 */
export interface PeerLists {
  /** Somebody came: the lists change. */
  met(): void
  onMessage(peer: PeerId, message: Bytes): void
  /** Whether two peers both say that they are connected to each other. */
  linked(one: PeerId, other: PeerId): boolean
  forget(peer: PeerId): void
  start(): void
  stop(): void
}

/** Changes gather for so long. */
const gatherMs = 1000
/** Addresses change without a word: what is told is looked at anew this often. */
const reviewMs = 30_000
/** A peer is told everything again no more often than this. */
const againMs = 10_000

export function createPeerLists(options: {
  ports: Ports
  /** The protocol version spoken with a peer. */
  negotiated: (peer: PeerId) => number
  helloOf: (peer: PeerId) => Pick<Hello, 'listenAddresses'> | undefined
  /** Addresses that a peer named, each with its peer id. */
  learn?: (addresses: readonly string[], source: PeerId) => void
  onRejection: (peer: PeerId, rejection: Rejection) => void
}): PeerLists {
  const { negotiated, helloOf, learn, onRejection } = options
  const { clock, network } = options.ports
  /** What is told, by where the listener stands. */
  const current = new Map<Reach, ListVersion<ListedPeer>>()
  const told = new Map<PeerId, ListVersion<ListedPeer>>()
  const heard = new Map<PeerId, ListVersion<ListedPeer>>()
  const repeatedAt = new Map<PeerId, number>()
  let gathering: Timer | undefined
  let review: Timer | undefined

  function tellAll(): void {
    gathering = undefined
    const peers = network.peers()
    for (const reach of ['machine', 'site', 'world'] as const) {
      const listeners = peers.filter(({ id, host }) => negotiated(id) >= 2 && reachOfPeer(host) === reach)
      if (listeners.length === 0) continue
      const list = nextVersion(current.get(reach), entriesFor(reach, peers, helloOf), sameEntry)
      current.set(reach, list)
      for (const { id } of listeners) tell(id, list)
    }
  }

  function reviewLater(): void {
    review = clock.schedule(reviewMs, () => {
      reviewLater()
      tellAll()
    })
  }

  function tell(peer: PeerId, list: ListVersion<ListedPeer>): void {
    const base = told.get(peer)
    if (base === list) return
    const message = encode(peerListMessageSchema, changeFrom(base, list, sameEntry))
    // Who was not told, since its queue is full, does not have this version: a later delta would be lost on it.
    if (network.send(peer, 'peers', message)) told.set(peer, list)
    else told.delete(peer)
  }

  function soon(): void {
    gathering ??= clock.schedule(gatherMs, tellAll)
  }

  /** The peer lost the thread: it is told everything, not too often. */
  function repeat(peer: PeerId): void {
    const now = clock.monotonic()
    if (now - (repeatedAt.get(peer) ?? Number.NEGATIVE_INFINITY) < againMs) return
    repeatedAt.set(peer, now)
    told.delete(peer)
    soon()
  }

  function learnFrom(source: PeerId, entries: readonly ListedPeer[]): void {
    const reach = reachOfPeer(network.peers().find(({ id }) => id === source)?.host ?? '')
    const own = new Set(network.addresses().map((address) => address.split('/p2p/')[0]))
    const addresses = entries.flatMap(({ peer, addresses: listed }) => {
      if (peer === network.self) return []
      return listed.flatMap((address) =>
        !own.has(address) && listedAddress(address, peer, reach) === address ? [`${address}/p2p/${peer}`] : [],
      )
    })
    if (addresses.length > 0) learn?.(addresses, source)
  }

  return {
    met: soon,
    onMessage(peer, message) {
      if (negotiated(peer) < 2) return
      // What is kept outlives the buffer in which it came.
      const decoded = decode(peerListMessageSchema, message.slice())
      if (!decoded.ok) return onRejection(peer, decoded.error)
      const change = decoded.value
      if (change.type === 'again') return repeat(peer)
      const applied = applyChange(heard.get(peer), change, { keyOf, entriesMax: listedPeersMax })
      if (!applied.ok) return onRejection(peer, applied.error)
      if (applied.value === 'unknown-base') {
        network.send(peer, 'peers', encode(peerListMessageSchema, { type: 'again' }))
        return
      }
      heard.set(peer, applied.value)
      learnFrom(peer, change.type === 'full' ? change.entries : change.added)
    },
    linked: (one, other) => (heard.get(one)?.entries.has(other) && heard.get(other)?.entries.has(one)) ?? false,
    forget(peer) {
      for (const map of [told, heard, repeatedAt]) map.delete(peer)
      soon()
    },
    start: reviewLater,
    stop() {
      gathering?.cancel()
      review?.cancel()
    },
  }
}

const keyOf = (entry: ListedPeer): string => entry.peer

function sameEntry(left: ListedPeer, right: ListedPeer): boolean {
  return left.addresses.join(' ') === right.addresses.join(' ')
}

/** Those connected longest, with the addresses they listen on and the one at which they were dialled, as far as the listener can use them. */
function entriesFor(
  reach: Reach,
  peers: readonly PeerInfo[],
  helloOf: (peer: PeerId) => Pick<Hello, 'listenAddresses'> | undefined,
): ReadonlyMap<string, ListedPeer> {
  const oldest = [...peers].sort((left, right) => left.connectedAt - right.connectedAt || (left.id < right.id ? -1 : 1))
  return new Map(
    oldest.slice(0, listedPeersMax).map(({ id, address, direction }) => {
      const known = [...(direction === 'outbound' ? [address] : []), ...(helloOf(id)?.listenAddresses ?? [])]
      const listed = known.flatMap((each) => listedAddress(each, id, reach) ?? [])
      return [id, { peer: id, addresses: [...new Set(listed)].slice(0, listedAddressesMax) }]
    }),
  )
}
