import { type Infer, list, literal, optional, struct, text, uint } from '../../codec/schema.ts'
import { readDialTarget } from '../dial-target.ts'
import { afterTest, isReliable, type Uptime, untested, uptimeSchema } from './uptime.ts'

/** What a seed knows of the network: addresses that it heard of, how each did when it was tested, and when it is to be tested next. */
export interface TestedPeers {
  readonly size: number
  /** Addresses that were never tested. */
  readonly untested: number
  /** Addresses with their peer ids, told by somebody of a network group, which can fill a part of the table only. */
  learn(addresses: readonly string[], source: string, now: number): void
  /** Addresses to test now, at most `count`; each is under way until `tested` is called. */
  due(now: number, count: number): readonly string[]
  /** @param height of the peer's latest block; `undefined`: it did not answer, or not as a peer of this network. */
  tested(address: string, height: number | undefined, now: number): void
  /** Worth telling others, the most reliable first: tested, reliable, and not behind the network. */
  good(): readonly GoodPeer[]
  record(): TestedPeersRecord
}

export interface GoodPeer {
  readonly address: string
  readonly uptime: Uptime
}

/** Tests of an address that answers are so far apart; of one that fails, twice as far with every failure. */
export interface TestPace {
  readonly intervalMs: number
  readonly intervalMaxMs: number
}

export const testedPeersMax = 5000
/** Of those that never answered, from one group. */
const unprovedPerSourceMax = 256
/** An address is forgotten when it has not answered for so long. */
const forgetMs = 7 * 86_400_000
/** How far behind the middle of the network a peer may be, in blocks. */
const lagMax = 100

export const testedPeersSchema = struct('TestedPeers', {
  version: literal(1),
  peers: list(
    struct('TestedPeer', {
      address: text({ max: 256 }),
      /** Network group of whoever told of it first. */
      source: text({ max: 64 }),
      /** Milliseconds since the Unix epoch, as the next two. */
      learntAt: uint(),
      testedAt: uint(),
      answeredAt: optional(uint()),
      failures: uint({ max: 1_000_000 }),
      height: uint(),
      uptime: uptimeSchema,
    }),
    { max: testedPeersMax },
  ),
})
export type TestedPeersRecord = Infer<typeof testedPeersSchema>
type TestedPeer = TestedPeersRecord['peers'][number]

export function createTestedPeers(pace: TestPace, record?: TestedPeersRecord): TestedPeers {
  const peers = new Map<string, TestedPeer>(record?.peers.map((peer) => [peer.address, peer]))
  const underWay = new Set<string>()

  function dueAt({ testedAt, failures, uptime }: TestedPeer): number {
    if (uptime.tests === 0) return 0
    return testedAt + Math.min(pace.intervalMaxMs, pace.intervalMs * 2 ** Math.min(failures, 20))
  }

  /** Makes room by forgetting the one that failed most often of those that never answered. */
  function makeRoom(): boolean {
    if (peers.size < testedPeersMax) return true
    let worst: TestedPeer | undefined
    for (const peer of peers.values()) {
      const isWorse = peer.failures > (worst?.failures ?? 0) && !underWay.has(peer.address)
      if (isWorse && (peer.answeredAt === undefined || worst === undefined)) worst = peer
    }
    return worst !== undefined && peers.delete(worst.address)
  }

  return {
    get size() {
      return peers.size
    },
    get untested() {
      let count = 0
      for (const { uptime } of peers.values()) if (uptime.tests === 0) count += 1
      return count
    },
    learn(addresses, source, now) {
      let unproved = 0
      for (const peer of peers.values()) if (peer.source === source && peer.answeredAt === undefined) unproved += 1
      for (const address of addresses) {
        if (peers.has(address)) continue
        if (unproved >= unprovedPerSourceMax || !makeRoom()) return
        unproved += 1
        peers.set(address, {
          address,
          source: source.slice(0, 64),
          learntAt: now,
          testedAt: 0,
          answeredAt: undefined,
          failures: 0,
          height: 0,
          uptime: untested,
        })
      }
    },
    due(now, count) {
      const ready = [...peers.values()].filter((peer) => dueAt(peer) <= now).sort((left, right) => dueAt(left) - dueAt(right))
      const busy = new Set([...underWay].map(identityOf))
      const chosen: string[] = []
      for (const { address } of ready) {
        if (chosen.length >= count) break
        // Of a peer one address at a time: once connected, it would answer at all of them.
        const identity = identityOf(address)
        if (busy.has(identity)) continue
        busy.add(identity)
        underWay.add(address)
        chosen.push(address)
      }
      return chosen
    },
    tested(address, height, now) {
      underWay.delete(address)
      const peer = peers.get(address)
      if (!peer) return
      const isGood = height !== undefined
      const uptime = afterTest(peer.uptime, isGood, now - peer.testedAt)
      const answeredAt = isGood ? now : peer.answeredAt
      if (now - (answeredAt ?? peer.learntAt) > forgetMs) peers.delete(address)
      else {
        const failures = isGood ? 0 : peer.failures + 1
        peers.set(address, { ...peer, testedAt: now, answeredAt, failures, height: height ?? peer.height, uptime })
      }
    },
    good() {
      const reliable = [...peers.values()].filter(
        ({ address, answeredAt, uptime }) =>
          answeredAt !== undefined && readDialTarget(address).peer !== undefined && isReliable(uptime),
      )
      const heights = reliable.map(({ height }) => height).sort((left, right) => left - right)
      const middle = heights[heights.length >> 1] ?? 0
      const current = reliable.filter(({ height, failures }) => height + lagMax >= middle && failures < 2)
      return onePeerFirst(current.sort((left, right) => score(right) - score(left) || (left.address < right.address ? -1 : 1)))
    },
    record: () => ({ version: 1, peers: [...peers.values()] }),
  }
}

/** Long windows say most; a peer that was tested more often is known better. */
function score({ uptime: { reliabilityPpm, successes, tests } }: TestedPeer): number {
  return reliabilityPpm.reduce((sum, ppm) => sum + ppm, 0) + (1_000_000 * successes) / Math.max(1, tests)
}

/** The first address of every peer before the second of any. */
function onePeerFirst(peers: readonly TestedPeer[]): readonly TestedPeer[] {
  const seen = new Set<string>()
  const [firsts, others]: [TestedPeer[], TestedPeer[]] = [[], []]
  for (const peer of peers) {
    const id = identityOf(peer.address)
    ;(seen.has(id) ? others : firsts).push(peer)
    seen.add(id)
  }
  return [...firsts, ...others]
}

function identityOf(address: string): string {
  return readDialTarget(address).peer ?? address
}
