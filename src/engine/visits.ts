import { readDialTarget } from '../peers/dial-target.ts'
import { type Hello, visitCapability } from '../peers/hello.ts'
import type { GreetedConnection, Network, PeerId, PeerInfo } from '../ports/network.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import { type TokenBucket, takeTokens, tokenBucketPolicy } from '../primitives/token-bucket.ts'
import type { Ports } from './ports.ts'
import { createVisitLinks } from './visit-links.ts'
import { createVisitPlaces, type VisitPlace } from './visit-places.ts'

/**
 * Short connections to ask a question, which make nobody a peer: this node says so in its hello, and both sides keep the connection out
 * of everything that peers are there for. So neither the dial plan nor evictions, peer lists, block sync or mempools come to know of
 * it, and only the requests `dht`, `status` and `light` are served on it. Spec: docs/spec/network.md, "Visits".
 */
export interface Visits {
  /** The network as all other rooms see it: without visits. */
  readonly network: Network
  /** Visits of this node that are open. */
  readonly open: number
  /** Connects for as long as the work takes, and a little longer; uses the connection there is where there is one. Throws when nobody answers. */
  visit<T>(peer: PeerId, addresses: readonly string[], work: () => Promise<T>): Promise<T>
  /** Whether this node's hello on a connection says that it only visits. */
  announces(peer: PeerId, connection: GreetedConnection): boolean
  /** A connection is made: whether it is a visit, by either side. */
  met(peer: PeerInfo, hello: Pick<Hello, 'capabilities'> | undefined): boolean
  /** A connection is over: whether it was a visit. */
  parted(peer: PeerInfo): boolean
  /** Of a peer that is connected, in whatever way. */
  infoOf(peer: PeerId): PeerInfo | undefined
  isVisit(peer: PeerId): boolean
  stop(): void
}

const lingerMs = 5000
const dialTimeoutMs = 3000
/** New connections to one address: well below what a node lets in from one. */
const perHost = tokenBucketPolicy(10, 60_000, 5)
const hostsMax = 4096

export function createVisits(ports: Ports): Visits {
  const { clock, network: inner } = ports
  const places = createVisitPlaces(end)
  const links = createVisitLinks(ports)
  const dial = createVisitDialler(ports)
  const infoOf = (peer: PeerId) => inner.peers().find(({ id }) => id === peer)

  function end(peer: PeerId): void {
    places.free(peer)
    if (links.has(peer)) inner.disconnect(peer, 'the visit is over')
  }

  async function visit<T>(peer: PeerId, addresses: readonly string[], work: () => Promise<T>): Promise<T> {
    if (infoOf(peer) && !places.has(peer)) return work()
    const place = await places.take(peer)
    place.users += 1
    place.linger?.cancel()
    try {
      if (!infoOf(peer)) await dial(addresses)
      return await work()
    } finally {
      place.users -= 1
      if (place.users === 0) linger(peer, place)
    }
  }

  /** A connection that is no visit, for the other side was quicker, is nothing to end. */
  function linger(peer: PeerId, place: VisitPlace): void {
    const isVisit = links.has(peer)
    const timer = isVisit ? clock.schedule(lingerMs, () => end(peer)) : undefined
    if (timer) places.idle(peer, place, timer)
    else if (places.get(peer) === place) places.free(peer)
  }

  /** Somebody shall be a peer whom this node only visits: the visit ends first. */
  async function connect(address: string, options?: { timeoutMs?: number }): Promise<PeerId> {
    const finish = (peer: PeerId) => links.ended(peer, () => end(peer))
    const { peer: named } = readDialTarget(address)
    if (named !== undefined && links.has(named)) await finish(named)
    const peer = await inner.connect(address, options)
    if (!links.has(peer)) return peer
    await finish(peer)
    return inner.connect(address, options)
  }

  return {
    network: { ...inner, connect, peers: () => links.without(inner.peers()) },
    get open() {
      return places.size
    },
    visit,
    announces(peer, { id, direction }) {
      const isOne = direction === 'outbound' && places.has(peer)
      if (isOne) links.announce(id)
      return isOne
    },
    met: (peer, hello) => links.met(peer, hello?.capabilities.includes(visitCapability) === true),
    parted(peer) {
      const was = links.parted(peer)
      if (was === 'own' && places.get(peer.id)?.users === 0) places.free(peer.id)
      return was !== undefined
    },
    infoOf,
    isVisit: links.has,
    stop() {
      places.stop()
      links.stop()
    },
  }
}

/** Tries one address after the other, none of them too often. */
function createVisitDialler({ clock, network }: Ports): (addresses: readonly string[]) => Promise<void> {
  const dials = createBoundedMap<string, TokenBucket>(hostsMax)
  return async (addresses) => {
    let last: unknown = new Error('nowhere to visit, or there too often')
    for (const address of addresses) {
      const { host } = readDialTarget(address)
      const taken = takeTokens(perHost, dials.get(host) ?? 0, clock.monotonic())
      if (!taken.conforms) continue
      dials.set(host, taken.bucket)
      try {
        await network.connect(address, { timeoutMs: dialTimeoutMs })
        return
      } catch (error) {
        last = error
      }
    }
    throw last
  }
}
