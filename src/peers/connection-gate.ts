import { createBoundedMap } from '../primitives/bounded-map.ts'
import { type TokenBucket, takeTokens, tokenBucketPolicy } from '../primitives/token-bucket.ts'
import { type Account, createAccount } from './connection-account.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import { isRelayHost, type NetworkPlace, placeOf } from './network-group.ts'

/**
 * Which connections may come in, judged before anything is spent on them, by where they come from alone. What it remembers is one
 * record for each connection it admitted, which its own limits bound, and one number for each of the addresses that came last.
 *
 * The sender of a bare datagram may have lied about its address, so that until somebody says hello on it, it is counted in books of its
 * own: whoever borrows an address closes nothing to its owner.
 */
export interface ConnectionGate {
  /** `unlimited`: the operator lets this address in whatever the limits say; it still counts. */
  admit(arrival: Arrival, now: number, unlimited?: boolean): Admission
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
  /** Absent: `stream`. */
  readonly kind?: ArrivalKind
}

export type ArrivalKind = 'stream' | 'datagram'

export interface Admission {
  /** Why it is not admitted. */
  readonly limit?: AdmissionLimit
  /** It is, in the place of this connection, which is forgotten and has to be cut. */
  readonly instead?: { readonly id: number; readonly host: string }
}

export type AdmissionLimit = 'address' | 'subnet' | 'rate' | 'subnet-rate' | 'handshakes' | 'address-handshakes' | 'total'

/** Addresses whose rate is remembered until it is as if they had never come: an attacker who has more is held by the other limits. */
const ratedMax = 16_384
/** What a subnet may open in a minute, in the rates of one of its addresses. */
const subnetRates = 4

interface Admitted {
  readonly place: NetworkPlace
  readonly unlimited: boolean
  /** The books it is in. */
  readonly kind: ArrivalKind
  readonly pending: boolean
}

/** @param inboundMax established inbound connections, beyond which only those are admitted that could take another's place. */
export function createConnectionGate(limits: ConnectionLimits, inboundMax: number): ConnectionGate {
  const admitted = new Map<number, Admitted>()
  const rates = {
    stream: createRates(limits.perHostMinute),
    datagram: createRates(limits.perHostMinute),
  }
  const accounts: Readonly<Record<ArrivalKind, Account>> = { stream: createAccount(), datagram: createAccount() }

  const handshakes = () => accounts.stream.handshakes + accounts.datagram.handshakes

  /** Evicting for it makes the network groups more even, so that no exchange can be followed by its reverse. */
  function couldReplace(group: string): boolean {
    const own = accounts.stream.count('group', group)
    for (const size of accounts.stream.groupSizes()) if (size > own + 1) return true
    return false
  }

  /** All limits but that of all handshakes together, whose answer may be another's end. */
  function refusal({ host, site, subnet, group }: NetworkPlace, kind: ArrivalKind, now: number): AdmissionLimit | undefined {
    // A datagram has its own books, and must fit into those of streams as well, which it enters once it is established.
    const count = (what: 'host' | 'subnet', key: string) =>
      accounts.stream.count(what, key) + (kind === 'datagram' ? accounts.datagram.count(what, key) : 0)
    const rate = rates[kind].take(site, subnet, now)
    if (rate !== undefined) return rate
    // Whoever a relay leads here comes from anywhere: together they are as many as those of a subnet.
    if (count('host', host) >= (isRelayHost(host) ? limits.perSubnet : limits.perHost)) return 'address'
    if (count('subnet', subnet) >= limits.perSubnet) return 'subnet'
    if (accounts[kind].count('pendingHost', host) >= limits.handshakesPerHost) return 'address-handshakes'
    return admitted.size - handshakes() >= inboundMax && !couldReplace(group) ? 'total' : undefined
  }

  /** Of the network group that has most connections in their handshake, the one that has been in it for longest. */
  function yielding(kind: ArrivalKind, own: string): number | undefined {
    const oldest = new Map<string, number>()
    for (const [id, one] of admitted) {
      const mayYield = one.pending && one.kind === kind && !one.unlimited
      if (mayYield && !oldest.has(one.place.group)) oldest.set(one.place.group, id)
    }
    // Among equals the newcomer's own group first: the others need not suffer for it.
    const size = (group: string) => accounts[kind].count('pendingGroup', group) + (group === own ? 0.5 : 0)
    let best: string | undefined
    for (const group of oldest.keys()) if (best === undefined || size(group) > size(best)) best = group
    return best === undefined ? undefined : oldest.get(best)
  }

  function enter(id: number, one: Admitted): void {
    admitted.set(id, one)
    accounts[one.kind].book(one.place, one.pending, 1)
  }

  function leave(id: number): Admitted | undefined {
    const one = admitted.get(id)
    if (!one) return undefined
    admitted.delete(id)
    accounts[one.kind].book(one.place, one.pending, -1)
    return one
  }

  return {
    admit({ id, host, kind = 'stream' }, now, unlimited = false) {
      const place = placeOf(host)
      const limit = unlimited ? undefined : refusal(place, kind, now)
      if (limit !== undefined) return { limit }
      if (admitted.has(id)) return {}
      const isFull = !unlimited && accounts[kind].handshakes >= limits.handshakes
      const instead = isFull ? yielding(kind, place.group) : undefined
      if (isFull && instead === undefined) return { limit: 'handshakes' }
      const left = instead === undefined ? undefined : leave(instead)
      enter(id, { place, unlimited, kind, pending: true })
      return instead === undefined || !left ? {} : { instead: { id: instead, host: left.place.host } }
    },
    established({ id, host }) {
      const before = leave(id)
      // A transport without a door, as in memory, tells of it only now.
      const { place, unlimited } = before ?? { place: placeOf(host), unlimited: false }
      enter(id, { place, unlimited, kind: 'stream', pending: false })
    },
    ended: (id) => leave(id)?.pending ?? false,
    get size() {
      return admitted.size
    },
    get handshakes() {
      return handshakes()
    },
  }
}

/** New connections a minute of one site, and of a subnet: whoever has a whole one could else come as if it were a crowd. */
function createRates(perHostMinute: number) {
  const sites = createBoundedMap<string, TokenBucket>(ratedMax)
  const subnets = createBoundedMap<string, TokenBucket>(ratedMax)
  const policies = {
    site: tokenBucketPolicy(perHostMinute, 60_000),
    subnet: tokenBucketPolicy(subnetRates * perHostMinute, 60_000),
  }
  const isFull = (now: number) => (bucket: TokenBucket) => bucket <= now
  return {
    take(site: string, subnet: string, now: number): 'rate' | 'subnet-rate' | undefined {
      sites.dropStale(isFull(now))
      subnets.dropStale(isFull(now))
      const ofSite = takeTokens(policies.site, sites.get(site) ?? now, now)
      sites.set(site, ofSite.bucket)
      if (!ofSite.conforms) return 'rate'
      const ofSubnet = takeTokens(policies.subnet, subnets.get(subnet) ?? now, now)
      subnets.set(subnet, ofSubnet.bucket)
      return ofSubnet.conforms ? undefined : 'subnet-rate'
    },
  }
}
