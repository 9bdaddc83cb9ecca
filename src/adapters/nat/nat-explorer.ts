import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import {
  type Endpoint,
  judgeNat,
  type MappingBehaviour,
  type NatBehaviour,
  type NatObservation,
  type NatReport,
  sameEndpoint,
} from '../../peers/nat-behaviour.ts'
import { parseIp, placeOf, reachOf } from '../../peers/network-group.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Entropy } from '../../ports/entropy.ts'
import type { NatReports, Stun } from '../../ports/stun.ts'
import { openStunClient, type StunClient, type StunPatience } from './stun-client.ts'
import type { StunMessage } from './stun-message.ts'

export interface NatExplorerOptions {
  /** `host:port`, the port left out for 3478: names, IPv4 addresses, IPv6 ones in brackets. */
  readonly servers: readonly string[]
  readonly clock: Clock
  readonly entropy: Entropy
  readonly patience?: StunPatience
}

/** No more are asked: each has a voice, and a few suffice. */
const serversMax = 8
const defaultPort = 3478

/** Finds out how this host is seen from outside, with the tests of RFC 5780 and several servers compared. */
export function createNatExplorer(options: NatExplorerOptions): Stun {
  return { explore: () => discoverNat(options) }
}

/** One exploration: what the servers see, how the NAT maps, and whom it lets in. Never rejects. */
async function discoverNat(options: NatExplorerOptions): Promise<NatReports> {
  const servers = (await Promise.all(options.servers.slice(0, serversMax).map(endpointsOf))).flat()
  const ofFamily = (length: number) => servers.filter(({ host }) => parseIp(host)?.length === length)
  const [ipv4, ipv6] = await Promise.all([exploreFamily(options, 4, ofFamily(4)), exploreFamily(options, 6, ofFamily(16))])
  return { ...(ipv4 && { ipv4 }), ...(ipv6 && { ipv6 }) }
}

async function exploreFamily(
  options: NatExplorerOptions,
  family: 4 | 6,
  servers: readonly Endpoint[],
): Promise<NatReport | undefined> {
  if (servers.length === 0) return undefined
  const unheard = (server: Endpoint): NatObservation => ({ server, mapping: 'unknown', filtering: 'unknown' })
  const shared = await openStunClient({ ...options, family }).catch(() => undefined)
  if (!shared) return judgeNat(servers.map(unheard), [])
  try {
    const observations = await Promise.all(servers.map((server) => observe(options, family, shared, server)))
    return judgeNat(observations, ownEndpoints(shared.localPort))
  } finally {
    shared.close()
  }
}

/** A fresh socket for filtering: one that has sent to the server's second address has opened the way from there by itself. */
async function observe(
  options: NatExplorerOptions,
  family: 4 | 6,
  shared: StunClient,
  server: Endpoint,
): Promise<NatObservation> {
  const first = await shared.ask(server)
  if (!first?.mapped) return { server, mapping: 'unknown', filtering: 'unknown' }
  const { mapped } = first
  const other = usableOther(server, first)
  if (!other) return { server, mapped, mapping: 'unknown', filtering: 'unknown' }
  const alone = await openStunClient({ ...options, family })
  try {
    const [mapping, filtering] = await Promise.all([testMapping(shared, server, mapped, other), testFiltering(alone, server)])
    return { server, mapped, mapping, filtering }
  } finally {
    alone.close()
  }
}

/** RFC 5780, 4.3: the same socket asks the second address at the first port, then at the second. */
async function testMapping(client: StunClient, server: Endpoint, first: Endpoint, other: Endpoint): Promise<MappingBehaviour> {
  const second = (await client.ask({ host: other.host, port: server.port }))?.mapped
  if (!second) return 'unknown'
  if (sameEndpoint(first, second)) return 'endpoint-independent'
  const third = (await client.ask(other))?.mapped
  if (!third) return 'unknown'
  return sameEndpoint(second, third) ? 'address-dependent' : 'address-and-port-dependent'
}

/** RFC 5780, 4.4: whether an answer arrives from another address, or at least from another port. Both are asked at once. */
async function testFiltering(client: StunClient, server: Endpoint): Promise<NatBehaviour> {
  if (!(await client.ask(server))) return 'unknown'
  const [anywhere, anyPort] = await Promise.all([
    client.ask(server, { address: true, port: true }),
    client.ask(server, { address: false, port: true }),
  ])
  if (anywhere) return 'endpoint-independent'
  return anyPort ? 'address-dependent' : 'address-and-port-dependent'
}

/** A second address of another kind than the first would send this node's packets into its own neighbourhood, or out of it. */
function usableOther(server: Endpoint, { other }: StunMessage): Endpoint | undefined {
  if (!other || parseIp(other.host)?.length !== parseIp(server.host)?.length) return undefined
  if (reachOf(other.host) !== reachOf(server.host)) return undefined
  return other.host !== server.host && other.port !== server.port ? other : undefined
}

function ownEndpoints(port: number): readonly Endpoint[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ address }) => parseIp(address) !== undefined)
    .map(({ address: host }) => ({ host, port }))
}

/** A name has one voice in each address family, however many addresses it has. */
async function endpointsOf(server: string): Promise<readonly Endpoint[]> {
  const [, bracketed, plain, portText] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(server) ?? []
  const host = bracketed ?? plain
  const port = Number(portText ?? defaultPort)
  if (host === undefined || port === 0 || port > 65_535) return []
  if (parseIp(host)) return [{ host: placeOf(host).host, port }]
  const found = await Promise.all(([4, 6] as const).map((family) => lookup(host, { family }).catch(() => undefined)))
  return found.flatMap((address) => (address && parseIp(address.address) ? [{ host: address.address, port }] : []))
}
