import { encode } from '../codec/codec.ts'
import { newsTakenRate } from '../peers/address-news.ts'
import { toldAddress } from '../peers/address-rules.ts'
import { placeOf } from '../peers/network-group.ts'
import { peerListMessageSchema, type ToldAddresses } from '../peers/peer-list.ts'
import type { PeerId, PeerInfo } from '../ports/network.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import type { Rejection } from '../primitives/result.ts'
import { type TokenBucket, takeTokens, tokenBucketPolicy } from '../primitives/token-bucket.ts'
import { createAddressTeller } from './address-teller.ts'
import type { Discovery, SeenAddress } from './discovery.ts'
import type { Ports } from './ports.ts'

/**
 * How addresses travel between nodes. Whoever dials asks the other once for a part of its book; and what is new, a node that has just
 * come above all, is told onward at once, from peer to peer, until everybody has heard. Spec: docs/spec/discovery.md, "Peer exchange".
 */
export interface AddressExchange {
  /** A peer is connected, and says that it can be dialled at these addresses. */
  met(peer: PeerInfo, ownAddresses: readonly string[]): void
  onAsk(peer: PeerId): void
  onTold(peer: PeerId, told: ToldAddresses): void
  forget(peer: PeerId): void
  start(): void
  stop(): void
}

export interface AddressExchangeOptions {
  readonly ports: Ports
  /** False: addresses are neither asked for, nor told, nor taken. */
  readonly enabled: boolean
  readonly discovery: Pick<Discovery, 'learnOwn' | 'learnSeen' | 'sample' | 'size'>
  /** Where this node says that it can be dialled. */
  readonly announced: () => readonly string[]
  /** The protocol version spoken with a peer. */
  readonly negotiated: (peer: PeerId) => number
  readonly onRejection: (peer: PeerId, rejection: Rejection) => void
}

/** However often a host connects, as several nodes behind one address may, it is answered so often. */
const answersOfHost = tokenBucketPolicy(8, 60_000)
const hostsMax = 1024
/** A peer is answered once on a connection, and so seldom when it comes again and again. */
const answerEveryMs = 60_000
const peersMax = 1024
/** What is told stays the same for so long, unless the book has doubled: who asks under many names learns no more than who asks once. */
const sampleMs = 60_000

export function createAddressExchange(options: AddressExchangeOptions): AddressExchange {
  const { ports, enabled, discovery, negotiated, onRejection } = options
  const { clock, network } = ports
  const takesPart = ({ id }: PeerInfo) => enabled && negotiated(id) >= 2
  const teller = createAddressTeller({ ...options, takesPart })
  /** Peers that were asked, and have yet to answer. */
  const asked = new Set<PeerId>()
  const answered = new Set<PeerId>()
  const answeredAt = createBoundedMap<PeerId, number>(peersMax)
  const sample = createMinuteSample(discovery)
  const hosts = createBoundedMap<string, TokenBucket>(hostsMax)
  const intake = new Map<PeerId, TokenBucket>()
  const now = () => clock.monotonic()

  function partner(id: PeerId): PeerInfo | undefined {
    const peer = network.peers().find((each) => each.id === id)
    return peer && takesPart(peer) ? peer : undefined
  }

  /** Whether a peer is told anything, which is counted. */
  function isDue({ id, host }: PeerInfo): boolean {
    if (now() - (answeredAt.peek(id) ?? Number.NEGATIVE_INFINITY) < answerEveryMs) return false
    const { site } = placeOf(host)
    const turn = takeTokens(answersOfHost, hosts.get(site) ?? 0, now())
    hosts.set(site, turn.bucket)
    if (turn.conforms) answeredAt.set(id, now())
    return turn.conforms
  }

  /** Whether a peer may tell so much unasked; what is beyond it is not looked at. */
  function admits(peer: PeerId, count: number): boolean {
    const turn = takeTokens(newsTakenRate, intake.get(peer) ?? 0, now(), count)
    intake.set(peer, turn.bucket)
    return turn.conforms
  }

  return {
    met(peer, ownAddresses) {
      const own = discovery.learnOwn(ownAddresses, peer.id)
      if (enabled) teller.spread(own, undefined)
      if (!takesPart(peer) || peer.direction !== 'outbound') return
      asked.add(peer.id)
      network.send(peer.id, 'peers', encode(peerListMessageSchema, { type: 'ask' }))
    },
    onAsk(id) {
      const peer = partner(id)
      if (!peer) return
      if (answered.has(id) || peer.direction === 'outbound') {
        return onRejection(id, { code: 'ADDRESSES_ASKED_AGAIN', detail: peer.direction })
      }
      answered.add(id)
      teller.answer(peer, isDue(peer) ? sample(now()) : [])
    },
    onTold(id, { answer, entries }) {
      const peer = partner(id)
      if (!peer) return
      if (answer && !asked.delete(id)) return onRejection(id, { code: 'ADDRESSES_UNASKED', detail: `${entries.length}` })
      if (!answer && !admits(id, entries.length)) return onRejection(id, { code: 'ADDRESS_FLOOD', detail: `${entries.length}` })
      const seen = entries
        .filter(({ address }) => toldAddress(address, peer.host) === address)
        .map(({ address, seenAgoMinutes }) => ({ address, seenAgoMs: seenAgoMinutes * 60_000 }))
      const held = discovery.learnSeen(seen, { kind: 'peer', host: peer.host })
      if (!answer) teller.spread(held, id)
    },
    forget(peer) {
      asked.delete(peer)
      answered.delete(peer)
      intake.delete(peer)
    },
    start: teller.start,
    stop: teller.stop,
  }
}

function createMinuteSample(discovery: Pick<Discovery, 'sample' | 'size'>): (now: number) => readonly SeenAddress[] {
  let drawn: { readonly at: number; readonly of: number; readonly seen: readonly SeenAddress[] } | undefined
  return (now) => {
    const { new: heard, tried } = discovery.size()
    const of = heard + tried
    if (!drawn || now - drawn.at >= sampleMs || of >= 2 * drawn.of) drawn = { at: now, of, seen: discovery.sample() }
    const ageMs = now - drawn.at
    return drawn.seen.map(({ address, seenAgoMs }) => ({ address, seenAgoMs: seenAgoMs + ageMs }))
  }
}
