import { createBoundedMap } from '../primitives/bounded-map.ts'
import { type TokenBucket, takeTokens, tokenBucketPolicy } from '../primitives/token-bucket.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import { type NetworkPlace, placeOf } from './network-group.ts'

/**
 * Which connections may come in, judged before anything is spent on them, by where they come from alone. What it remembers is one
 * record for each connection it admitted, which its own limits bound, and one number for each of the addresses that came last.
 */
export interface ConnectionGate {
  /** `unlimited`: the operator lets this address in whatever the limits say; it still counts. */
  admit(arrival: Arrival, now: number, unlimited?: boolean): AdmissionLimit | undefined
  /** A peer said hello on it, and was accepted. */
  established(arrival: Arrival): void
  /** True when it ended before anybody was behind it. */
  ended(id: number): boolean
  /** Inbound connections, those in their handshake included. */
  readonly size: number
  readonly handshakes: number
}

export interface Arrival {
  readonly id: number
  readonly host: string
}

/** Why a connection is not admitted. */
export type AdmissionLimit = 'address' | 'subnet' | 'rate' | 'handshakes' | 'address-handshakes' | 'total'

/** Addresses whose rate is remembered: an attacker who has more is held by the other limits. */
const ratedMax = 16_384

interface Admitted {
  readonly place: NetworkPlace
  pending: boolean
}

/** @param inboundMax established inbound connections, beyond which only those are admitted that could take another's place. */
export function createConnectionGate(limits: ConnectionLimits, inboundMax: number): ConnectionGate {
  const admitted = new Map<number, Admitted>()
  const rates = createBoundedMap<string, TokenBucket>(ratedMax)
  const ratePolicy = tokenBucketPolicy(limits.perHostMinute, 60_000)
  /** Live connections by host, by subnet, by group, and handshakes by host; none of them holds a zero. */
  const counts = {
    host: new Map<string, number>(),
    subnet: new Map(),
    group: new Map(),
    handshakes: new Map(),
  } as const satisfies Record<string, Map<string, number>>
  let handshakes = 0

  /** Evicting for it makes the network groups more even, so that no exchange can be followed by its reverse. */
  function couldReplace(group: string): boolean {
    const own = count(counts.group, group)
    for (const size of counts.group.values()) if (size > own + 1) return true
    return false
  }

  function refusal({ host, site, subnet, group }: NetworkPlace, now: number): AdmissionLimit | undefined {
    const rate = takeTokens(ratePolicy, rates.get(site) ?? now, now)
    rates.set(site, rate.bucket)
    if (!rate.conforms) return 'rate'
    if (count(counts.host, host) >= limits.perHost) return 'address'
    if (count(counts.subnet, subnet) >= limits.perSubnet) return 'subnet'
    if (count(counts.handshakes, host) >= limits.handshakesPerHost) return 'address-handshakes'
    if (handshakes >= limits.handshakes) return 'handshakes'
    return admitted.size - handshakes >= inboundMax && !couldReplace(group) ? 'total' : undefined
  }

  function enter(id: number, place: NetworkPlace, pending: boolean): void {
    admitted.set(id, { place, pending })
    add(counts.host, place.host, 1)
    add(counts.subnet, place.subnet, 1)
    add(counts.group, place.group, 1)
    if (pending) shakeHands(place, 1)
  }

  function shakeHands({ host }: NetworkPlace, by: 1 | -1): void {
    add(counts.handshakes, host, by)
    handshakes += by
  }

  return {
    admit({ id, host }, now, unlimited = false) {
      const place = placeOf(host)
      const limit = unlimited ? undefined : refusal(place, now)
      if (limit === undefined && !admitted.has(id)) enter(id, place, true)
      return limit
    },
    established({ id, host }) {
      const connection = admitted.get(id)
      // A transport without a door, as in memory, tells of it only now.
      if (!connection) enter(id, placeOf(host), false)
      else if (connection.pending) {
        connection.pending = false
        shakeHands(connection.place, -1)
      }
    },
    ended(id) {
      const connection = admitted.get(id)
      if (!connection) return false
      admitted.delete(id)
      add(counts.host, connection.place.host, -1)
      add(counts.subnet, connection.place.subnet, -1)
      add(counts.group, connection.place.group, -1)
      if (connection.pending) shakeHands(connection.place, -1)
      return connection.pending
    },
    get size() {
      return admitted.size
    },
    get handshakes() {
      return handshakes
    },
  }
}

function count(counts: ReadonlyMap<string, number>, key: string): number {
  return counts.get(key) ?? 0
}

function add(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const next = count(counts, key) + by
  if (next === 0) counts.delete(key)
  else counts.set(key, next)
}
