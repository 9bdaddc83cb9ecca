import { readDialTarget } from './dial-target.ts'
import { parseIp, reachOf } from './network-group.ts'

/**
 * Where a node may be reached, by who says so: its own sockets, the gateway that maps a port, STUN servers, the peers it dialled, relays.
 * Nobody but others can tell whether an address leads here, so each candidate is tried (spec: docs/spec/network.md, "Reachability").
 * What servers say of one is kept by network group, the latest word of each: one party has one voice.
 */
export const ownAddressSources = ['listen', 'mapping', 'stun', 'observed', 'relay'] as const
export type OwnAddressSource = (typeof ownAddressSources)[number]

export type OwnAddressStanding = 'confirmed' | 'unconfirmed' | 'failed'

/** `public`: an address has been tried from outside and leads here. `private`: none does. */
export type Reachability = 'public' | 'private' | 'unknown'

export interface OwnAddress {
  readonly address: string
  readonly sources: readonly OwnAddressSource[]
  readonly standing: OwnAddressStanding
}

/** `reached`: this node itself saw the connection that came back. `unreachable`: the server says that none could be made. */
export type ReachVerdict = 'reached' | 'unreachable'

export interface OwnAddressTable {
  /** Everything this source knows; what it said before and does not say now is gone. True when that changed anything. */
  offer(source: OwnAddressSource, addresses: readonly string[]): boolean
  /** @param group the network group of the server that tried. */
  judge(address: string, group: string, verdict: ReachVerdict, now: number): void
  /** This machine stands elsewhere now: what was found at the old place says nothing of the new one. */
  forgetVerdicts(): void
  candidates(now: number): readonly OwnAddress[]
  /** What others are told, the surest first, at most `announcedMax`. */
  announced(now: number): readonly string[]
  reachability(now: number): Reachability
}

/** As many as a hello holds, each as long as one there may be. */
export const announcedMax = 16
const addressBytesMax = 256
/** Of each source. More interfaces than this are containers' or an attacker's. */
const offeredMax = 32

/** Groups that must have reached an address. */
export const groupsToConfirm = 2
/** Groups that must have failed to, for each that reached it and for none. */
export const groupsToFail = 3
/** Groups that are heard for one address. */
const groupsMax = 32
/** A verdict holds for so long. Confirmed addresses are tried again before. */
export const verdictMs = 60 * 60_000

interface Verdict {
  readonly verdict: ReachVerdict
  readonly at: number
}

export function createOwnAddressTable(): OwnAddressTable {
  const offered = new Map<OwnAddressSource, readonly string[]>()
  const verdicts = new Map<string, Map<string, Verdict>>()

  function sourcesOf(): ReadonlyMap<string, OwnAddressSource[]> {
    const all = new Map<string, OwnAddressSource[]>()
    for (const source of ownAddressSources) {
      for (const address of offered.get(source) ?? []) all.set(address, [...(all.get(address) ?? []), source])
    }
    return all
  }

  function standingOf(address: string, now: number): OwnAddressStanding {
    const fresh = [...(verdicts.get(address)?.values() ?? [])].filter(({ at }) => now - at < verdictMs)
    const reached = fresh.filter(({ verdict }) => verdict === 'reached').length
    // That a connection came back is seen; that none could be made is only said.
    if (reached >= groupsToConfirm) return 'confirmed'
    return fresh.length - reached >= groupsToFail * (reached + 1) ? 'failed' : 'unconfirmed'
  }

  function candidates(now: number): readonly OwnAddress[] {
    return [...sourcesOf()].map(([address, sources]) => ({ address, sources, standing: standingOf(address, now) }))
  }

  return {
    offer(source, addresses) {
      const before = offered.get(source) ?? []
      const fit = [...new Set(addresses)].filter(({ length }) => length <= addressBytesMax).slice(0, offeredMax)
      if (fit.length === before.length && fit.every((address, index) => address === before[index])) return false
      offered.set(source, fit)
      const known = sourcesOf()
      for (const address of verdicts.keys()) if (!known.has(address)) verdicts.delete(address)
      return true
    },
    judge(address, group, verdict, now) {
      if (!sourcesOf().has(address)) return
      const ofAddress = verdicts.get(address) ?? new Map<string, Verdict>()
      verdicts.set(address, ofAddress)
      ofAddress.delete(group)
      ofAddress.set(group, { verdict, at: now })
      for (const eldest of ofAddress.keys()) {
        if (ofAddress.size <= groupsMax) break
        ofAddress.delete(eldest)
      }
    },
    forgetVerdicts: () => verdicts.clear(),
    candidates,
    announced(now) {
      const worth = candidates(now).filter(isWorthTelling)
      const first = worth.filter(({ standing }) => standing === 'confirmed')
      return [...first, ...worth.filter((each) => !first.includes(each))].map(({ address }) => address).slice(0, announcedMax)
    },
    reachability(now) {
      const tried = candidates(now).filter(({ address }) => isPublic(address))
      if (tried.some(({ standing }) => standing === 'confirmed')) return 'public'
      return tried.length > 0 && tried.every(({ standing }) => standing === 'failed') ? 'private' : 'unknown'
    },
  }
}

/** A socket, a gateway and a relay know what they do; what others merely see is a guess until it is confirmed. */
function isWorthTelling({ sources, standing }: OwnAddress): boolean {
  if (standing === 'failed') return false
  return standing === 'confirmed' || sources.some((source) => source !== 'stun' && source !== 'observed')
}

/**
 * Whether strangers can try this address at all. One through a relay is the relay's; one without an IP address, as in the simulator,
 * is everybody's.
 */
export function isPublic(address: string): boolean {
  if (address.includes('/p2p-circuit')) return false
  const { kind, host } = readDialTarget(address)
  return kind === 'ip' ? reachOf(host) === 'world' : kind === 'other' && !address.startsWith('/')
}

/**
 * The addresses at which this node would be reached if `host` were its own, and the ports those it listens on: so it is behind a gateway
 * that forwards them, or one that translates address to address. Loopback addresses are no pattern: nobody outside reaches those.
 */
export function addressesAt(host: string, listening: readonly string[]): readonly string[] {
  const version = parseIp(host)?.length === 4 ? 'ip4' : 'ip6'
  if (parseIp(host) === undefined || reachOf(host) !== 'world') return []
  const fit = listening.filter((address) => {
    const target = readDialTarget(address)
    const isLocal = address.startsWith(`/${version}/`) && reachOf(target.host) !== 'machine'
    return isLocal && !address.includes('/p2p-circuit')
  })
  return [...new Set(fit.map((address) => address.replace(/^\/ip[46]\/[^/]+/, `/${version}/${host}`)))]
}

/**
 * The networks in which this machine stands, as its sockets tell: one for each IPv4 address, and one for each /64 of IPv6, in which
 * addresses change by the day without anything having moved. Loopback is everywhere.
 */
export function networksOf(listening: readonly string[]): ReadonlySet<string> {
  const networks = listening.flatMap((address) => {
    const { kind, host } = readDialTarget(address)
    const ip = kind === 'ip' ? parseIp(host) : undefined
    if (!ip || reachOf(host) === 'machine') return []
    return [(ip.length === 4 ? ip : ip.subarray(0, 8)).join('.')]
  })
  return new Set(networks)
}
