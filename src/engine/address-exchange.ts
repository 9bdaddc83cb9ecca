import { encode } from '../codec/codec.ts'
import { newsTakenRate } from '../peers/address-news.ts'
import { toldAddress } from '../peers/address-rules.ts'
import { placeOf } from '../peers/network-group.ts'
import { peerListMessageSchema, type ToldAddresses } from '../peers/peer-list.ts'
import type { Timer } from '../ports/clock.ts'
import type { PeerId, PeerInfo } from '../ports/network.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import type { Rejection } from '../primitives/result.ts'
import { type TokenBucket, takeTokens, tokenBucketPolicy } from '../primitives/token-bucket.ts'
import { createAddressTeller } from './address-teller.ts'
import type { Discovery, SeenAddress } from './discovery.ts'
import type { Ports } from './ports.ts'

/**
 * How addresses travel between nodes. Whoever dials asks the other for a part of its book, again each minute while it has few peers; and what is new, a node that has just
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
  /** Connections that this node keeps by dialling: while there are fewer, it goes on asking. */
  readonly outboundTarget: number
}

/** However often a host connects, as several nodes behind one address may, it is answered so often. */
const answersOfHost = tokenBucketPolicy(8, 60_000)
const hostsMax = 1024
/** A peer is answered no more often, on one connection or on many; who asks leaves a little more time, since messages overtake clocks. */
const answerEveryMs = 60_000
const askEveryMs = 70_000
const reviewMs = 10_000
const peersMax = 1024
/** What is told stays the same for so long, unless the book has doubled: who asks under many names learns no more than who asks once. */
const sampleMs = 60_000

export function createAddressExchange(options: AddressExchangeOptions): AddressExchange {
  const { ports, enabled, discovery, negotiated, onRejection, outboundTarget } = options
  const { clock, network } = ports
  const takesPart = ({ id }: PeerInfo) => enabled && negotiated(id) >= 2
  const teller = createAddressTeller({ ...options, takesPart })
  /** Peers that were asked, and have yet to answer. */
  const asked = new Set<PeerId>()
  const askedAt = new Map<PeerId, number>()
  const answered = new Map<PeerId, number>()
  const isDue = createAnswerPace()
  const sample = createMinuteSample(discovery)
  const intake = new Map<PeerId, TokenBucket>()
  const now = () => clock.monotonic()
  let timer: Timer | undefined

  function ask({ id }: PeerInfo): void {
    asked.add(id)
    askedAt.set(id, now())
    network.send(id, 'peers', encode(peerListMessageSchema, { type: 'ask' }))
  }

  /** One answer is a small part of what there is, and in a small network all of it is needed. */
  function askAgain(): void {
    timer = clock.schedule(reviewMs, askAgain)
    const outbound = network.peers().filter(({ direction }) => direction === 'outbound')
    if (outbound.length >= outboundTarget) return
    const isOver = ({ id }: PeerInfo) => !asked.has(id) && now() - (askedAt.get(id) ?? now()) >= askEveryMs
    for (const peer of outbound) if (takesPart(peer) && isOver(peer)) ask(peer)
  }

  function partner(id: PeerId): PeerInfo | undefined {
    const peer = network.peers().find((each) => each.id === id)
    return peer && takesPart(peer) ? peer : undefined
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
      ask(peer)
    },
    onAsk(id) {
      const peer = partner(id)
      if (!peer) return
      const isEarly = now() - (answered.get(id) ?? Number.NEGATIVE_INFINITY) < answerEveryMs
      if (isEarly || peer.direction === 'outbound') {
        return onRejection(id, { code: 'ADDRESSES_ASKED_AGAIN', detail: peer.direction })
      }
      answered.set(id, now())
      teller.answer(peer, isDue(peer, now()) ? sample(now()) : [])
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
      askedAt.delete(peer)
      answered.delete(peer)
      intake.delete(peer)
    },
    start() {
      teller.start()
      timer = clock.schedule(reviewMs, askAgain)
    },
    stop() {
      teller.stop()
      timer?.cancel()
    },
  }
}

/** Whether a peer is told anything now, which is counted. */
function createAnswerPace(): (peer: PeerInfo, now: number) => boolean {
  const answeredAt = createBoundedMap<PeerId, number>(peersMax)
  const hosts = createBoundedMap<string, TokenBucket>(hostsMax)
  return ({ id, host }, now) => {
    if (now - (answeredAt.peek(id) ?? Number.NEGATIVE_INFINITY) < answerEveryMs) return false
    const { site } = placeOf(host)
    const turn = takeTokens(answersOfHost, hosts.get(site) ?? 0, now)
    hosts.set(site, turn.bucket)
    if (turn.conforms) answeredAt.set(id, now)
    return turn.conforms
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
