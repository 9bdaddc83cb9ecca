import { placeOf, realmOf } from './network-group.ts'

/** An address that can be dialled, as far as the peer policy reads it: who is expected there, and where in the network that is. */
export interface DialTarget {
  readonly address: string
  /** Undefined when the address does not say. */
  readonly peer: string | undefined
  readonly host: string
  readonly site: string
  /** Where exactly, whoever is expected there: host and port. Behind a relay, who is to be reached is a part of it. */
  readonly endpoint: string
  /** Undefined when the address does not say. */
  readonly port: number | undefined
  readonly group: string
  readonly realm: string
  /** A name has to be looked up first. */
  readonly kind: 'ip' | 'name' | 'other'
}

/** An address in another form than a multiaddr, as in the simulator, is a host of its own. */
export function readDialTarget(address: string): DialTarget {
  const [, protocol = '', host = ''] = /^\/([a-z0-9]+)\/([^/]+)/.exec(address) ?? []
  const named = address.startsWith('/') ? /\/p2p\/([0-9A-Za-z]+)$/ : /\/([0-9A-Za-z]+)$/
  const peer = named.exec(address)?.[1]
  const kind = protocol === 'ip4' || protocol === 'ip6' ? 'ip' : protocol.startsWith('dns') ? 'name' : 'other'
  const place = placeOf(kind === 'other' ? address : host)
  const port = /^\/[a-z0-9]+\/[^/]+\/(?:tcp|udp)\/(\d+)/.exec(address)?.[1]
  const behind = address.includes('/p2p-circuit') ? ` relay ${peer}` : ''
  const endpoint = kind === 'other' ? address : `${place.host} ${port}${behind}`
  return {
    address,
    peer,
    host: place.host,
    site: place.site,
    endpoint,
    port: port === undefined ? undefined : Number(port),
    group: place.group,
    realm: realmOf(place.host),
    kind,
  }
}

/** The address with who is expected there, where it does not say so yet. */
export function withPeer(address: string, peer: string): string {
  return address.startsWith('/') && readDialTarget(address).peer === undefined ? `${address}/p2p/${peer}` : address
}
