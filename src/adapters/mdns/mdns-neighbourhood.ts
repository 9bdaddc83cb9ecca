import type { Neighbourhood, NeighbourhoodHandlers } from '../../ports/neighbourhood.ts'
import { assert } from '../../primitives/assert.ts'
import { createBoundedMap } from '../../primitives/bounded-map.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { takeTokens, tokenBucketPolicy } from '../../primitives/token-bucket.ts'
import { type MulticastSockets, openMulticastSockets } from './multicast-sockets.ts'
import {
  asksFor,
  concerns,
  encodeAnnouncement,
  encodeQuery,
  type LocalNode,
  nodesIn,
  readPacket,
  serviceType,
} from './service-records.ts'

export interface MdnsOptions {
  /** The head of the chain id, hexadecimal: nodes of other chains are not met. */
  readonly chainTag: string
  /** For networks within one machine. */
  readonly includesLoopback?: boolean
  readonly port?: number
}

const multicastPort = 5353
/** After the start, and then every so often; each a little late, so that nodes that start together do not ask together. */
const queryAfterMs = [0, 1000, 3000] as const
const queryEveryMs = 60_000
const jitterMs = 120
/** A record is not multicast more often than once a second (RFC 6762, section 6). */
const answerEveryMs = 1000
/** Of all neighbours together, and of what concerns this chain: what reading it may cost. */
const packets = tokenBucketPolicy(50, 1000, 100)
const packetBytesMax = 9000
/** Nodes that one address may tell of in a minute, and how many are remembered at all. */
const tellings = tokenBucketPolicy(16, 60_000)
const hostsMax = 256
const nodesMax = 512
/** A neighbour that was reported is reported again after this, or when it has moved. */
const repeatMs = 300_000

/** Finds nodes of the chain on the local network by multicast DNS, and lets itself be found. It answers to the group only, never to one address. */
export function createMdnsNeighbourhood({
  chainTag,
  includesLoopback = false,
  port = multicastPort,
}: MdnsOptions): Neighbourhood {
  assert(/^[0-9a-f]{8}/.test(chainTag), 'a chain tag begins with 8 hexadecimal digits')
  const type = serviceType(chainTag)
  const isNews = createNewsGate()
  const timers = new Set<NodeJS.Timeout>()
  let sockets: MulticastSockets | undefined
  let handlers: NeighbourhoodHandlers | undefined
  let bucket = 0
  let answeredAt = Number.NEGATIVE_INFINITY
  let isAnswering = false

  function later(delayMs: number, work: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer)
      work()
    }, delayMs)
    timer.unref()
    timers.add(timer)
  }

  function announce(isLeaving = false): void {
    if (!handlers) return
    const message = encodeAnnouncement(type, { peer: handlers.self, addresses: handlers.addresses() }, isLeaving)
    if (message) sockets?.send(message)
  }

  function answerSoon(): void {
    if (isAnswering) return
    isAnswering = true
    const waitMs = Math.max(20 + Math.random() * jitterMs, answeredAt + answerEveryMs - performance.now())
    later(waitMs, () => {
      isAnswering = false
      answeredAt = performance.now()
      announce()
    })
  }

  function query(): void {
    sockets?.refresh().then(
      () => sockets?.send(encodeQuery(type)),
      () => undefined,
    )
  }

  function queryLater(): void {
    later(queryEveryMs * (0.9 + 0.2 * Math.random()), () => {
      query()
      queryLater()
    })
  }

  function onMessage(message: Bytes, from: string): void {
    if (message.length > packetBytesMax || !handlers || !sockets || !concerns(message, type, handlers.self)) return
    const now = performance.now()
    const taken = takeTokens(packets, bucket, now)
    bucket = taken.bucket
    if (!taken.conforms) return
    const packet = readPacket(message)
    if (!packet) return
    if (asksFor(packet, type, handlers.self)) return answerSoon()
    const nodes = nodesIn(packet, type).filter(({ peer }) => peer !== handlers?.self)
    if (nodes.length === 0 || !sockets.isNeighbour(from)) return
    for (const { peer, addresses } of nodes.filter((node) => isNews(node, from, now))) {
      const dialled = addresses.map((address) => `${address}/p2p/${peer}`)
      handlers.onFound(dialled, from)
    }
  }

  return {
    async start(given) {
      assert(!handlers, 'a neighbourhood is entered once')
      handlers = given
      sockets = await openMulticastSockets({ port, includesLoopback, onMessage })
      for (const delayMs of queryAfterMs) later(delayMs + Math.random() * jitterMs, query)
      answerSoon()
      queryLater()
    },
    async stop() {
      for (const timer of timers) clearTimeout(timer)
      announce(true)
      const closing = sockets
      sockets = undefined
      // The goodbye is handed to the system before the sockets are closed.
      await new Promise<void>((resume) => setImmediate(resume))
      await closing?.close()
    },
  }
}

/** Who is new, or has moved, or was not told of for a while; not more from one address than it may have neighbours to tell of. */
function createNewsGate(): (node: LocalNode, from: string, now: number) => boolean {
  const hosts = createBoundedMap<string, number>(hostsMax)
  const reported = createBoundedMap<string, { readonly what: string; readonly at: number }>(nodesMax)
  return ({ peer, addresses }, from, now) => {
    const what = addresses.join(' ')
    const last = reported.get(peer)
    if (last?.what === what && now - last.at < repeatMs) return false
    const taken = takeTokens(tellings, hosts.get(from) ?? 0, now)
    hosts.set(from, taken.bucket)
    if (taken.conforms) reported.set(peer, { what, at: now })
    return taken.conforms
  }
}
