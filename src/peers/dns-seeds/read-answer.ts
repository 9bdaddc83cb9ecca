import { isDialledPort, listedAddress } from '../address-rules.ts'
import { readDialTarget } from '../dial-target.ts'
import { parseIp, placeOf, reachOf } from '../network-group.ts'
import type { DnsRecords, ServiceRecord } from './dns-answer.ts'
import { textCharactersMax } from './list-texts.ts'

/** What a node makes of the answers: of what anybody could have written, only what can be a peer of this network, and not too much of it. */
export interface SeedRules {
  /** Port of peers that are named without one. */
  readonly port: number
  /** Whether addresses of private networks and of this machine count. */
  readonly allowsPrivate: boolean
  readonly self: string
  /** Multiaddrs of this node. */
  readonly own: readonly string[]
}

/** Of the records of one answer, how many are looked at. */
export const recordsReadMax = 256
/** Of what several answers hold together: the addresses of a service's targets. */
const addressesReadMax = 1024
/** Of one kind from one seed through one resolver, how many addresses are taken, and of one network group. */
export const addressesMax = 32
export const perGroupMax = 8
/** Of a service's targets. */
export const targetsMax = 8

/** Multiaddrs in the texts of a `_dnsaddr` name. */
export function dnsaddrsIn(texts: readonly string[]): readonly string[] {
  return texts.slice(0, recordsReadMax).flatMap((text) => {
    const [, address] = (text.length <= textCharactersMax && /^dnsaddr=(\/[\x21-\x7e]+)$/.exec(text)) || []
    return address === undefined ? [] : [address]
  })
}

/** Multiaddrs of the hosts of an A or AAAA answer at one port. */
export function hostsAt(records: DnsRecords, port: number): readonly string[] {
  if (!('addresses' in records)) return []
  return records.addresses.slice(0, recordsReadMax).flatMap((host) => {
    const ip = parseIp(host)
    return ip ? [`/${ip.length === 4 ? 'ip4' : 'ip6'}/${placeOf(host).host}/tcp/${port}`] : []
  })
}

/** The targets to look up, those of the best priority first, heavier ones before lighter ones. A target `.` means that there is no service. */
export function targetsOf(services: readonly ServiceRecord[]): readonly ServiceRecord[] {
  const seen = new Set<string>()
  return services
    .slice(0, recordsReadMax)
    .filter(({ target, port }) => target.length <= 253 && /^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/i.test(target) && isDialledPort(port))
    .toSorted((left, right) => left.priority - right.priority || right.weight - left.weight)
    .filter(({ target, port }) => !seen.has(`${target} ${port}`) && seen.add(`${target} ${port}`))
    .slice(0, targetsMax)
}

/** What may be told to the address book. Nothing is said of the rest: whoever answers may be mistaken, or a liar that nobody can name. */
export function usableSeedAddresses(
  addresses: readonly string[],
  rules: SeedRules,
  bounds: { readonly total: number; readonly perGroup: number } = { total: addressesMax, perGroup: perGroupMax },
): readonly string[] {
  const own = new Set(rules.own.map((address) => readDialTarget(address).endpoint))
  const groups = new Map<string, number>()
  const usable = new Set<string>()
  for (const address of addresses.slice(0, addressesReadMax)) {
    if (usable.size >= bounds.total) break
    const { peer, kind, host, endpoint, group } = readDialTarget(address)
    // Whoever can be reached through a third only is found through others.
    if (address.includes('/p2p-circuit')) continue
    if (kind !== 'ip' || own.has(endpoint) || peer === rules.self || usable.has(address)) continue
    if (listedAddress(address, peer ?? '', rules.allowsPrivate ? 'machine' : 'world') === undefined) continue
    const ofGroup = groups.get(group) ?? 0
    if (ofGroup >= bounds.perGroup && reachOf(host) === 'world') continue
    groups.set(group, ofGroup + 1)
    usable.add(address)
  }
  return [...usable]
}
