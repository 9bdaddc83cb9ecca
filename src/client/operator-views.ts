import { z } from 'zod'
import { type TrafficClass, trafficClasses } from '../ports/network.ts'

/** What the API says to the node's operator, and takes from it. Times are milliseconds since the Unix epoch. */
const count = z.int().min(0)
const hash = z.string().regex(/^[0-9a-f]{64}$/)
const until = z.union([count, z.literal('forever')])

/** One field a class of traffic. */
function byClass<T extends z.ZodType>(view: T): z.ZodObject<Record<TrafficClass, T>> {
  return z.object(Object.fromEntries(trafficClasses.map((name) => [name, view])) as Record<TrafficClass, T>)
}

const trafficCountView = z.object({ bytesIn: count, bytesOut: count })
/** `wire` is bytes of the socket, 0 where the transport does not tell; `classes` are bytes of messages before compression. */
export const trafficView = z.object({ wire: trafficCountView, classes: byClass(trafficCountView) })
export type TrafficView = z.output<typeof trafficView>

export const standingView = z.object({
  /** −100 to +100. */
  score: z.number(),
  reasons: z.array(z.object({ what: z.string(), at: count, change: z.number() })),
  bannedUntil: until.nullable(),
})
export type StandingView = z.output<typeof standingView>

/** `total` and `usefulness` since the node started, `peers` over their present connections. */
export const netView = z.object({
  at: count,
  total: trafficView,
  peers: z.array(z.object({ id: z.string(), traffic: trafficView })),
  usefulness: byClass(z.object({ usefulBytes: count, duplicateBytes: count })),
  /** `new`: only heard of; `tried`: a node has answered there. `learnt` since the start, by who told of an address first. */
  addressBook: z.object({
    new: count,
    tried: count,
    groups: count,
    transports: z.record(z.string(), count),
    learnt: z.object({ config: count, seed: count, peer: count, dht: count, mdns: count }),
    anchors: z.array(z.string()),
  }),
})
export type NetView = z.output<typeof netView>

/** Nodes that were found by asking everybody whom they know; `last` is null before the first crawl has ended. */
export const crawlView = z.object({
  running: z.boolean(),
  /** False where the node takes no part in the directory: it cannot crawl. */
  possible: z.boolean(),
  last: z
    .object({
      at: count,
      durationMs: count,
      complete: z.boolean(),
      nodes: z.array(
        z.object({
          peer: z.string(),
          addresses: z.array(z.string()),
          group: z.string(),
          reachable: z.boolean(),
          agent: z.string(),
          height: count,
          protocolMax: count,
          capabilities: z.array(z.string()),
          told: count,
        }),
      ),
    })
    .nullable(),
})
export type CrawlView = z.output<typeof crawlView>

export const bansView = z.object({
  bans: z.array(
    z.object({
      target: z.string(),
      kind: z.enum(['peer', 'address', 'block']),
      until,
      by: z.enum(['conduct', 'operator', 'settings']),
      reason: z.string(),
    }),
  ),
  allowed: z.array(z.string()),
})
export type BansView = z.output<typeof bansView>

const target = z.string().min(1).max(128).describe('A peer id, an IP address or a CIDR block.')
export const targetRequest = z.strictObject({ target })
export const banRequest = z.strictObject({ target, forMs: z.int().min(1).max(Number.MAX_SAFE_INTEGER).optional() })
export const disconnectRequest = z.strictObject({ peer: z.string().min(1).max(128) })
/** `changed` is false where things were so already. */
export const changeView = z.object({ changed: z.boolean() })
export type ChangeView = z.output<typeof changeView>

export const traceView = z.object({
  /** The node's own peer id, and its clock. */
  peerId: z.string(),
  now: count,
  sightings: z.array(
    z.object({
      event: z.string(),
      at: count,
      peer: z.string().nullable(),
      /** The batch that holds the transaction, or the block that names the batch. */
      within: hash.nullable(),
      height: count.nullable(),
    }),
  ),
  /** The final block that holds the transaction. */
  block: z.object({ height: count, hash }).nullable(),
  /** What happened before may be forgotten; null: nothing is. */
  completeSince: count.nullable(),
})
export type TraceView = z.output<typeof traceView>
