import { decode, encode } from '../codec/codec.ts'
import { applyChange, changeFrom, type ListVersion, nextVersion } from '../peers/delta-list.ts'
import { listedPeersMax, type PeerListMessage, peerListMessageSchema } from '../peers/peer-list.ts'
import type { Timer } from '../ports/clock.ts'
import type { PeerId, PeerInfo } from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { Rejection } from '../primitives/result.ts'
import type { Ports } from './ports.ts'

/**
 * Nodes tell their peers to whom else they are connected: soon after it changes, as a delta to what the other has. So they know who was
 * told of a batch by somebody else. Where those can be dialled is another matter, and the address exchange's. Spec: docs/spec/sync.md,
 * "Peer lists".
 */
export interface PeerLists {
  /** Somebody came: the lists change. */
  met(): void
  /** Returns what came on the channel and is no part of a list. */
  onMessage(peer: PeerId, message: Bytes): AddressMessage | undefined
  /** Whether two peers both say that they are connected to each other. */
  linked(one: PeerId, other: PeerId): boolean
  forget(peer: PeerId): void
  stop(): void
}

export type AddressMessage = Extract<PeerListMessage, { type: 'ask' | 'told' }>

/** Changes gather for so long. */
const gatherMs = 1000
/** A peer is told everything again no more often than this. */
const againMs = 10_000

export function createPeerLists(options: {
  ports: Ports
  /** The protocol version spoken with a peer. */
  negotiated: (peer: PeerId) => number
  onRejection: (peer: PeerId, rejection: Rejection) => void
}): PeerLists {
  const { negotiated, onRejection } = options
  const { clock, network } = options.ports
  let current: ListVersion<PeerId> | undefined
  const told = new Map<PeerId, ListVersion<PeerId>>()
  const heard = new Map<PeerId, ListVersion<PeerId>>()
  const repeatedAt = new Map<PeerId, number>()
  let gathering: Timer | undefined

  function tellAll(): void {
    gathering = undefined
    const peers = network.peers()
    current = nextVersion(current, entriesOf(peers), isSame)
    for (const { id } of peers) if (negotiated(id) >= 2) tell(id, current)
  }

  function tell(peer: PeerId, list: ListVersion<PeerId>): void {
    const base = told.get(peer)
    if (base === list) return
    const message = encode(peerListMessageSchema, changeFrom(base, list, isSame))
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

  function take(peer: PeerId, change: Exclude<PeerListMessage, AddressMessage>): void {
    if (change.type === 'again') return repeat(peer)
    const applied = applyChange(heard.get(peer), change, { keyOf: (entry) => entry, entriesMax: listedPeersMax })
    if (!applied.ok) return onRejection(peer, applied.error)
    if (applied.value === 'unknown-base') network.send(peer, 'peers', encode(peerListMessageSchema, { type: 'again' }))
    else heard.set(peer, applied.value)
  }

  return {
    met: soon,
    onMessage(peer, message) {
      if (negotiated(peer) < 2) return undefined
      // What is kept outlives the buffer in which it came.
      const decoded = decode(peerListMessageSchema, message.slice())
      if (!decoded.ok) onRejection(peer, decoded.error)
      else if (decoded.value.type === 'ask' || decoded.value.type === 'told') return decoded.value
      else take(peer, decoded.value)
      return undefined
    },
    linked: (one, other) => (heard.get(one)?.entries.has(other) && heard.get(other)?.entries.has(one)) ?? false,
    forget(peer) {
      for (const map of [told, heard, repeatedAt]) map.delete(peer)
      soon()
    },
    stop: () => gathering?.cancel(),
  }
}

const isSame = (left: PeerId, right: PeerId): boolean => left === right

/** Those connected longest. */
function entriesOf(peers: readonly PeerInfo[]): ReadonlyMap<string, PeerId> {
  const oldest = [...peers].sort((left, right) => left.connectedAt - right.connectedAt || (left.id < right.id ? -1 : 1))
  return new Map(oldest.slice(0, listedPeersMax).map(({ id }) => [id, id]))
}
