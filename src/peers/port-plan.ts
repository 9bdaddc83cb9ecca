import { readDialTarget } from './dial-target.ts'
import { parseIp, reachOf } from './network-group.ts'

/** A port on which this node listens inside a private network, and what stands above it in the addresses that use it. */
export interface ListeningPort {
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
  /** With a private host: outside, host and port are others. */
  readonly addresses: readonly string[]
}

const portsMax = 8

/** The ports that a gateway could forward: those of private IPv4 addresses. On loopback, and where the own address is public, none. */
export function portsToMap(listening: readonly string[]): readonly ListeningPort[] {
  const ports = new Map<string, { protocol: 'tcp' | 'udp'; port: number; addresses: string[] }>()
  for (const address of listening) {
    const { host, kind } = readDialTarget(address)
    const [, protocol, text] = /^\/ip4\/[^/]+\/(tcp|udp)\/(\d+)/.exec(address) ?? []
    if (kind !== 'ip' || protocol === undefined || address.includes('/p2p-circuit')) continue
    if (parseIp(host)?.length !== 4 || reachOf(host) !== 'site') continue
    const entry = ports.get(`${protocol} ${text}`) ?? { protocol: protocol as 'tcp' | 'udp', port: Number(text), addresses: [] }
    entry.addresses.push(address)
    ports.set(`${protocol} ${text}`, entry)
  }
  return [...ports.values()].slice(0, portsMax)
}

/** Where those addresses are outside. */
export function mappedAddresses({ addresses }: ListeningPort, host: string, port: number): readonly string[] {
  return [...new Set(addresses.map((address) => address.replace(/^\/ip4\/[^/]+\/(tcp|udp)\/\d+/, `/ip4/${host}/$1/${port}`)))]
}
