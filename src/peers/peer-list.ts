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
 * What may stand above the port. Whatever else a multiaddr can say there could lead elsewhere: a relay, a socket of this machine, or
 * names that a stranger's server resolves to any address it likes.
 */
const ways: Readonly<Record<string, RegExp>> = {
  tcp: /^(\/ws|\/wss|\/tls\/ws)?$/,
  udp: /^(\/quic-v1|\/webrtc-direct\/certhash\/u[A-Za-z0-9_-]+)$/,
}

/**
 * The address as it stands in a list: a host that can be dialled, a port, the transport, and no peer id. `undefined` when it names another
 * peer, has no port, says anything more, or cannot be reached from `reach`.
 */
export function listedAddress(address: string, peer: string, reach: Reach): string | undefined {
  const [bare = '', id, ...rest] = address.split('/p2p/')
  if (rest.length > 0 || (id !== undefined && id !== peer)) return undefined
  const [empty, kind, host = '', protocol = '', port = '', ...above] = bare.split('/')
  if (empty !== '' || bare.length > 128 || !/^[\x21-\x7e]+$/.test(bare)) return undefined
  if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535) return undefined
  if (!Object.hasOwn(ways, protocol) || !ways[protocol]?.test(above.map((part) => `/${part}`).join(''))) return undefined
  return canBeReached(kind, host, reach) ? bare : undefined
}

function canBeReached(kind: string | undefined, host: string, reach: Reach): boolean {
  if (kind === 'dns' || kind === 'dns4' || kind === 'dns6') return /^(?=.{1,100}$)[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(host)
  if (kind !== 'ip4' && kind !== 'ip6') return false
  if (parseIp(host) === undefined || host.includes(':') !== (kind === 'ip6')) return false
  const from = reachOf(host)
  return from !== 'none' && farness[from] >= farness[reach]
}
