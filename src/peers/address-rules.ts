import { type DialTarget, readDialTarget, withPeer } from './dial-target.ts'
import { parseIp, reachOf } from './network-group.ts'

/**
 * Which addresses may be told, believed and dialled. Whatever names an address, a hello, an exchange, a table or a name server, is held
 * against these rules, so that nobody can send this node to a service that is not a node, to a neighbour that the teller cannot know,
 * or to a name that leads anywhere. The addresses of the configuration are the operator's, and are dialled as they are.
 */
const addressLengthMax = 256

/** Of the system's ports a node has those of the web, which firewalls let through. */
const webPorts: ReadonlySet<number> = new Set([80, 443])
/** Where other services listen that many machines run: databases, caches, remote shells and desktops, telephony, chat, mail, discovery. */
const servicePorts: ReadonlySet<number> = new Set([
  1080, 1194, 1433, 1521, 1719, 1720, 1723, 1883, 1900, 2049, 2181, 2375, 2376, 2379, 2380, 3128, 3306, 3389, 3478, 3659, 4045,
  4190, 4444, 5060, 5061, 5222, 5353, 5432, 5672, 5683, 5900, 5901, 5984, 5985, 6000, 6379, 6443, 6566, 6665, 6666, 6667, 6668,
  6669, 6697, 8086, 9042, 9092, 9200, 10_080, 10_250, 11_211, 27_017,
])

/** Whether a node may be expected at a port: connecting to another service would make this node a part of an attack on it. */
export function isDialledPort(port: number): boolean {
  return (port >= 1024 && port <= 65_535 && !servicePorts.has(port)) || webPorts.has(port)
}

/**
 * Whether somebody at `from` can know this address. One of a private network, or of the machine itself, means something else here than
 * elsewhere: believed from anywhere, it would turn this node against its own neighbourhood. Names would send it asking servers of the
 * teller's choice.
 */
export function isBelievable({ address, kind, host, port }: DialTarget, from: string): boolean {
  if (address.length > addressLengthMax || kind === 'name') return false
  if (port !== undefined && !isDialledPort(port)) return false
  // In a form of its own, as in the simulator. A multiaddr that leads to no IP address leads into this machine, or nowhere.
  if (kind === 'other') return !address.startsWith('/')
  const reach = reachOf(host)
  if (reach === 'world') return true
  return reach === 'machine' ? reachOf(from) === 'machine' : reach === 'site' && ['site', 'machine'].includes(reachOf(from))
}

export type Reach = 'world' | 'site' | 'machine'

/** What is told to whom: an address that means something else, or nothing, where the other stands is of no use to it and tells too much. */
const farness: Readonly<Record<Reach, number>> = { machine: 0, site: 1, world: 2 }

/** From where a peer can be reached, by its host; one that has none, as in memory, counts as far away. */
export function reachOfPeer(host: string): Reach {
  const reach = reachOf(host)
  return reach === 'none' ? 'world' : reach
}

/**
 * What may stand above the port. Whatever else a multiaddr can say there could lead elsewhere: a socket of this machine, or
 * names that a stranger's server resolves to any address it likes.
 */
const ways: Readonly<Record<string, RegExp>> = {
  tcp: /^(\/ws|\/wss|\/tls\/ws)?$/,
  udp: /^(\/quic-v1|\/webrtc-direct\/certhash\/u[A-Za-z0-9_-]+)$/,
}

/** Whatever a peer id is written in: base 58, or words in the simulator. */
const peerId = /^[A-Za-z0-9-]+$/

/**
 * The address as it stands in a list: a host that can be dialled, a port, the transport, and no peer id; or such a one of a relay with
 * the relay's id, and that it leads on. `undefined` when it names another peer, has no port, says anything more, or cannot be reached
 * from `reach`.
 */
export function listedAddress(address: string, peer: string, reach: Reach): string | undefined {
  const [hop = '', end, ...more] = address.split('/p2p-circuit')
  if (end === undefined) return plainAddress(address, peer, reach)
  const relay = /\/p2p\/([1-9A-HJ-NP-Za-km-z]+)$/.exec(hop)?.[1]
  if (relay === undefined || relay === peer || more.length > 0 || !['', `/p2p/${peer}`].includes(end)) return undefined
  const bare = plainAddress(hop, relay, reach)
  const whole = `${bare}/p2p/${relay}/p2p-circuit`
  return bare === undefined || whole.length > 128 ? undefined : whole
}

function plainAddress(address: string, peer: string, reach: Reach): string | undefined {
  const [bare = '', id, ...rest] = address.split('/p2p/')
  if (rest.length > 0 || (id !== undefined && (id !== peer || !peerId.test(id)))) return undefined
  const [empty, kind, host = '', protocol = '', port = '', ...above] = bare.split('/')
  if (empty !== '' || bare.length > 128 || !/^[\x21-\x7e]+$/.test(bare)) return undefined
  if (!/^[1-9]\d{0,4}$/.test(port) || !isDialledPort(Number(port))) return undefined
  if (!Object.hasOwn(ways, protocol) || !ways[protocol]?.test(above.map((part) => `/${part}`).join(''))) return undefined
  return canBeReached(kind, host, reach) ? bare : undefined
}

/** The address, with its peer id, if somebody at `host` can use it and know it; `undefined` when it does not name a peer, or may lead astray. */
export function toldAddress(address: string, host: string): string | undefined {
  const { peer } = readDialTarget(address)
  const listed = peer === undefined ? undefined : listedAddress(address, peer, reachOfPeer(host))
  return listed === undefined || peer === undefined ? undefined : withPeer(listed, peer)
}

function canBeReached(kind: string | undefined, host: string, reach: Reach): boolean {
  if (kind === 'dns' || kind === 'dns4' || kind === 'dns6') return /^(?=.{1,100}$)[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(host)
  if (kind !== 'ip4' && kind !== 'ip6') return false
  if (parseIp(host) === undefined || host.includes(':') !== (kind === 'ip6')) return false
  const from = reachOf(host)
  return from !== 'none' && farness[from] >= farness[reach]
}
