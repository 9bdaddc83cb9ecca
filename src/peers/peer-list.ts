import { type Infer, list, struct, text, uint, variant } from '../codec/schema.ts'
import { parseIp, reachOf } from './network-group.ts'

/** Peers of one list, and addresses of each. */
export const listedPeersMax = 64
export const listedAddressesMax = 3

const peerId = text({ max: 64 })

/** A peer to which the sender is connected, and where it can be dialled. */
export const listedPeerSchema = struct('ListedPeer', {
  peer: peerId,
  /** Multiaddrs without the peer id at their end, which every one of them would repeat. */
  addresses: list(text({ max: 128 }), { max: listedAddressesMax }),
})
export type ListedPeer = Infer<typeof listedPeerSchema>

/** What travels on the channel `peers`. */
export const peerListMessageSchema = variant('PeerListMessage', {
  /** All peers the sender is connected to, as far as they fit. */
  full: { tag: 1, schema: struct('FullPeerList', { version: uint(), entries: list(listedPeerSchema, { max: listedPeersMax }) }) },
  /** What changed since version `base`. */
  delta: {
    tag: 2,
    schema: struct('PeerListDelta', {
      base: uint(),
      version: uint(),
      added: list(listedPeerSchema, { max: listedPeersMax }),
      removed: list(peerId, { max: listedPeersMax }),
    }),
  },
  /** The sender of this does not have the base of a delta it was sent. */
  again: { tag: 3, schema: struct('PeerListAgain', {}) },
})

export type Reach = 'world' | 'site' | 'machine'

/** What is told to whom: an address that means something else, or nothing, where the other stands is of no use to it and tells too much. */
const farness: Readonly<Record<Reach, number>> = { machine: 0, site: 1, world: 2 }

/** From where a peer can be reached, by its host; one that has none, as in memory, counts as far away. */
export function reachOfPeer(host: string): Reach {
  const reach = reachOf(host)
  return reach === 'none' ? 'world' : reach
}

/**
 * The address as it stands in a list: a host that can be dialled, a port, and no peer id. `undefined` when it names another peer, has no
 * port, passes through a relay, or cannot be reached from `reach`.
 */
export function listedAddress(address: string, peer: string, reach: Reach): string | undefined {
  const [bare = '', id, ...rest] = address.split('/p2p/')
  if (rest.length > 0 || (id !== undefined && id !== peer)) return undefined
  const [empty, kind, host = '', transport, port = '', ...above] = bare.split('/')
  if (empty !== '' || bare.length > 128 || !/^[\x21-\x7e]+$/.test(bare)) return undefined
  if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535 || (transport !== 'tcp' && transport !== 'udp')) return undefined
  if (above.includes('p2p-circuit') || above.includes('ip4') || above.includes('ip6')) return undefined
  return canBeReached(kind, host, reach) ? bare : undefined
}

function canBeReached(kind: string | undefined, host: string, reach: Reach): boolean {
  if (kind === 'dns' || kind === 'dns4' || kind === 'dns6') return /^(?=.{1,100}$)[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(host)
  if (kind !== 'ip4' && kind !== 'ip6') return false
  if (parseIp(host) === undefined || host.includes(':') !== (kind === 'ip6')) return false
  const from = reachOf(host)
  return from !== 'none' && farness[from] >= farness[reach]
}
