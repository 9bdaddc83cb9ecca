import { encode } from '../codec/codec.ts'
import { createAddressNews } from '../peers/address-news.ts'
import { toldAddress } from '../peers/address-rules.ts'
import { readDialTarget, withPeer } from '../peers/dial-target.ts'
import { peerListMessageSchema, toldAddressesMax, toldAddressLengthMax } from '../peers/peer-list.ts'
import type { Timer } from '../ports/clock.ts'
import type { PeerId, PeerInfo } from '../ports/network.ts'
import type { SeenAddress } from './discovery.ts'
import type { Ports } from './ports.ts'

/** Tells addresses to peers: in answers, what is new as soon as it is known, and where this node itself is. */
export interface AddressTeller {
  answer(peer: PeerInfo, seen: readonly SeenAddress[]): void
  /** What was heard from a peer, or, without one, what this node saw itself, is news to the others. */
  spread(seen: readonly SeenAddress[], source: PeerId | undefined): void
  start(): void
  stop(): void
}

/** News that comes alone is told at once; what follows gathers for so long, well within what a peer takes a minute on this channel. */
const gatherMs = 2500
/** Whether this node's own addresses have changed is looked at this often; and they are told anew once an hour. */
const reviewMs = 15_000
const announceMs = 60 * 60_000

export function createAddressTeller(options: {
  readonly ports: Ports
  /** Where this node says that it can be dialled. */
  readonly announced: () => readonly string[]
  readonly takesPart: (peer: PeerInfo) => boolean
}): AddressTeller {
  const { announced, takesPart } = options
  const { clock, network, telemetry } = options.ports
  const news = createAddressNews()
  let passedOnAt = Number.NEGATIVE_INFINITY
  /** Who connects knows from the hello what is announced at first. */
  let last: { readonly text: string; readonly at: number } | undefined
  let gathering: Timer | undefined
  let review: Timer | undefined
  const now = () => clock.monotonic()
  const listeners = () => network.peers().filter(takesPart)

  function tell({ id, host }: PeerInfo, seen: readonly SeenAddress[], answer: boolean): void {
    const entries = seen.flatMap(({ address, seenAgoMs }) => {
      const told = toldAddress(address, host)
      if (told === undefined || told.length > toldAddressLengthMax) return []
      return [{ address: told, seenAgoMinutes: Math.min(0xffff, Math.floor(seenAgoMs / 60_000)) }]
    })
    if (entries.length === 0 && !answer) return
    telemetry.count('synod_addresses_told_total', entries.length, { way: answer ? 'answer' : 'news' })
    const message = { type: 'told', answer, entries: entries.slice(0, toldAddressesMax) } as const
    network.send(id, 'peers', encode(peerListMessageSchema, message))
  }

  function passOn(): void {
    gathering = undefined
    passedOnAt = now()
    const items = news
      .take(now())
      .map((item) => ({ ...item, seenAgoMs: now() - item.seenAt, peer: readDialTarget(item.address).peer }))
    for (const peer of listeners()) {
      const others = items.filter((item) => item.source !== peer.id && item.peer !== peer.id)
      tell(peer, others, false)
    }
    soon()
  }

  function soon(): void {
    if (news.waiting) gathering ??= clock.schedule(Math.max(0, passedOnAt + gatherMs - now()), passOn)
  }

  /** Tells where this node itself is, when that has changed, or nobody was told for long. */
  function announce(): void {
    const own = announced().map((address) => withPeer(address, network.self))
    const text = own.join(' ')
    const isDue = last !== undefined && (text !== last.text || now() - last.at >= announceMs)
    if (!last || isDue) last = { text, at: now() }
    if (!isDue) return
    const seen = own.map((address) => ({ address, seenAgoMs: 0 }))
    for (const peer of listeners()) tell(peer, seen, false)
  }

  function reviewLater(): void {
    review = clock.schedule(reviewMs, () => {
      announce()
      reviewLater()
    })
  }

  return {
    answer: (peer, seen) => tell(peer, seen, true),
    spread(seen, source) {
      for (const { address, seenAgoMs } of seen) news.add(address, source, now() - seenAgoMs, now())
      soon()
    },
    start() {
      announce()
      reviewLater()
    },
    stop() {
      gathering?.cancel()
      review?.cancel()
    },
  }
}
