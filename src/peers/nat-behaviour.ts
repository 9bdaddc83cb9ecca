import { placeOf } from './network-group.ts'

/**
 * What kind of translator stands between this node and the world, by the words of RFC 5780: how it maps a local port to one of its own,
 * and whom it lets in through that. The old names (RFC 3489) follow from both.
 */
export type NatBehaviour = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent' | 'unknown'

/** `none`: this host's own address and port are seen outside. */
export type MappingBehaviour = NatBehaviour | 'none'

/** `open` and `firewalled`: there is no translation. `blocked`: no server answers over UDP. */
export type NatType = 'open' | 'firewalled' | 'full-cone' | 'restricted' | 'port-restricted' | 'symmetric' | 'blocked' | 'unknown'

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** What one STUN server has shown of the way to it. */
export interface NatObservation {
  readonly server: Endpoint
  /** Where the server saw one socket, which all servers are asked from. Absent: it gave no usable answer. */
  readonly mapped?: Endpoint
  /** This server's own tests, where it has a second address: `unknown` otherwise. */
  readonly mapping: MappingBehaviour
  readonly filtering: NatBehaviour
}

export interface NatReport {
  readonly type: NatType
  readonly mapping: MappingBehaviour
  readonly filtering: NatBehaviour
  /** The address that more than half of the servers that answered see. */
  readonly publicHost: string | undefined
  /** Of the servers that were asked: how many answered, and how many of those see another address than the rest. */
  readonly asked: number
  readonly answered: number
  readonly contradicting: number
}

/** From the freest: what has been seen to pass, passes. */
const freest: readonly NatBehaviour[] = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent']

/**
 * Compares what several servers showed. A server can lie about everything that it says, so the public address and the mapping are what
 * more than half of them say, and one that sees another address than they do has no voice. That an answer arrived from where nothing was
 * ever sent to is seen and not said: for filtering, the freest observation counts, and servers that keep silent prove nothing.
 *
 * @param ownEndpoints where the socket that asked is on this host.
 */
export function judgeNat(observations: readonly NatObservation[], ownEndpoints: readonly Endpoint[]): NatReport {
  const answers = observations.filter(({ mapped }) => mapped !== undefined)
  const publicHost = majority(answers.map(({ mapped }) => (mapped as Endpoint).host))
  const agreed = answers.filter(({ mapped }) => mapped?.host === publicHost)
  const isOwn = agreed.some(({ mapped }) => ownEndpoints.some((own) => sameEndpoint(own, mapped as Endpoint)))
  const mapping = isOwn && mostSeeOne(agreed) ? 'none' : mappingOf(agreed)
  const filtering = freest.find((behaviour) => agreed.some((each) => each.filtering === behaviour)) ?? 'unknown'
  return {
    type: answers.length === 0 ? 'blocked' : natTypeOf(mapping, filtering),
    mapping,
    filtering,
    publicHost,
    asked: observations.length,
    answered: answers.length,
    contradicting: publicHost === undefined ? answers.length : answers.length - agreed.length,
  }
}

export function natTypeOf(mapping: MappingBehaviour, filtering: NatBehaviour): NatType {
  if (mapping === 'address-dependent' || mapping === 'address-and-port-dependent') return 'symmetric'
  if (mapping === 'unknown' || filtering === 'unknown') return 'unknown'
  if (mapping === 'none') return filtering === 'endpoint-independent' ? 'open' : 'firewalled'
  if (filtering === 'endpoint-independent') return 'full-cone'
  return filtering === 'address-dependent' ? 'restricted' : 'port-restricted'
}

/** Servers at different addresses that see one socket at one endpoint show by that alone how it is mapped, without tests of their own. */
function mappingOf(agreed: readonly NatObservation[]): MappingBehaviour {
  const tested = agreed.map(({ mapping }) => mapping).filter((mapping) => mapping !== 'unknown')
  const said = majority(tested)
  if (said !== undefined) return said
  const places = new Set(agreed.map(({ server }) => placeOf(server.host).host))
  if (places.size < 2) return 'unknown'
  if (mostSeeOne(agreed)) return 'endpoint-independent'
  const seen = new Set(agreed.map(({ mapped }) => textOf(mapped as Endpoint)))
  return seen.size === agreed.length ? 'address-dependent' : 'unknown'
}

function mostSeeOne(agreed: readonly NatObservation[]): boolean {
  return majority(agreed.map(({ mapped }) => textOf(mapped as Endpoint))) !== undefined
}

/** What more than half of all are, if anything is. */
function majority<T>(values: readonly T[]): T | undefined {
  const counts = new Map<T, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].find(([, count]) => 2 * count > values.length)?.[0]
}

export function sameEndpoint(one: Endpoint, other: Endpoint): boolean {
  return textOf(one) === textOf(other)
}

const textOf = ({ host, port }: Endpoint): string => `${placeOf(host).host} ${port}`
