import { createBoundedMap } from '../../primitives/bounded-map.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { type TokenBucket, type TokenBucketPolicy, takeTokens } from '../../primitives/token-bucket.ts'
import { placeOf } from '../network-group.ts'
import { type Query, readQuery } from './query.ts'
import { type RecordType, typeNumbers } from './resource-record.ts'
import { type Rcode, type Response, refused, udpBytesMax, writeFault, writeResponse } from './response.ts'
import { isInZone, lookUp, type Zone } from './zone.ts'

/**
 * Answers for one zone, and cannot be turned on others: by UDP, where anybody can ask in another's name, no answer is more than a few
 * times as long as its question, a network that asks too often is told to come by TCP or told nothing, and what is no question gets no
 * answer longer than itself.
 */
export interface NameServer {
  serve(zone: Zone): void
  /** The answer's bytes; `undefined`: none. @param now milliseconds, never going back. */
  answer(message: Bytes, from: Asker, now: number): Answered | undefined
}

export interface Asker {
  readonly host: string
  readonly transport: 'udp' | 'tcp'
}

export interface Answered {
  readonly bytes: Bytes
  readonly outcome: Rcode | 'truncated' | 'limited'
}

export interface NameServerLimits {
  /** Of one source network: a /24 of IPv4, a /48 of IPv6. */
  readonly queries: TokenBucketPolicy
  /** An answer by UDP is at most so many times as long as its question. */
  readonly amplificationMax: number
}

/** Networks of which is remembered how often they asked. */
const sourcesMax = 65_536
const tcpBytesMax = 65_535
const classIn = 1
const typesByNumber = new Map(Object.entries(typeNumbers).map(([type, number]) => [number, type as RecordType]))
/** ANY, and the transfers of whole zones. */
const refusedTypes: ReadonlySet<number> = new Set([251, 252, 255])

export function createNameServer(limits: NameServerLimits): NameServer {
  const buckets = createBoundedMap<string, TokenBucket>(sourcesMax)
  let zone: Zone | undefined
  let turn = 0
  let excess = 0

  function conforms({ host }: Asker, now: number): boolean {
    const { subnet } = placeOf(host)
    const taken = takeTokens(limits.queries, buckets.get(subnet) ?? 0, now)
    buckets.set(subnet, taken.bucket)
    return taken.conforms
  }

  function respond(query: Query): Response {
    if (query.edns && query.edns.version !== 0) return { ...refused, rcode: 'BADVERS' }
    if (!zone || query.class !== classIn || refusedTypes.has(query.type) || !isInZone(zone, query.name)) return refused
    return lookUp(zone, query.name, typesByNumber.get(query.type), turn++)
  }

  return {
    serve(latest) {
      zone = latest
    },
    answer(message, from, now) {
      const isLimited = !conforms(from, now)
      const read = readQuery(message)
      // Of two that are too many one is sent to TCP, where nobody can ask in another's name; so those who are spoofed are not shut out.
      if (isLimited && (from.transport === 'tcp' || read.kind !== 'query' || excess++ % 2 === 1)) return undefined
      if (read.kind === 'drop') return undefined
      if (read.kind === 'fault') return { bytes: writeFault(read.id, read.rcode), outcome: read.rcode }
      const { query } = read
      if (isLimited)
        return { bytes: writeResponse(query, { ...refused, rcode: 'NOERROR' }, query.bytes, true), outcome: 'limited' }
      const response = respond(query)
      const bytes = writeResponse(query, response, bytesMaxOf(query, from, limits.amplificationMax))
      const isCut = (((bytes[2] as number) >> 1) & 1) === 1
      return { bytes, outcome: isCut ? 'truncated' : response.rcode }
    },
  }
}

function bytesMaxOf({ edns, bytes }: Query, { transport }: Asker, amplificationMax: number): number {
  if (transport === 'tcp') return tcpBytesMax
  return Math.min(Math.max(512, edns?.payloadBytes ?? 0), udpBytesMax, amplificationMax * bytes)
}
