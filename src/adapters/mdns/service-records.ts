import { type Answer, decode, encode, type Packet } from 'dns-packet'
import { type Bytes, utf8 } from '../../primitives/bytes.ts'

/**
 * A node as a DNS-SD service (RFC 6763) over multicast DNS (RFC 6762): the type carries the chain, the instance is the peer id, and the
 * TXT record says where the node can be dialled. So tools of the system list nodes too, and chains on one network do not meet.
 */
export interface LocalNode {
  readonly peer: string
  /** Multiaddrs without the peer id. */
  readonly addresses: readonly string[]
}

const enumeration = '_services._dns-sd._udp.local'
/** Of what names a host, and of everything else (RFC 6762, section 10). */
const hostTtlSeconds = 120
const serviceTtlSeconds = 4500
const addressesMax = 6
const headerBytes = 12
/** Questions and records of one packet, of all sections together. */
const recordsMax = 64
/** Nodes of one packet. */
const nodesMax = 8

/** @param chainTag at least 8 hexadecimal digits. */
export function serviceType(chainTag: string): string {
  return `_synod-${chainTag.slice(0, 8)}._tcp.local`
}

export function encodeQuery(type: string): Uint8Array {
  return encode({ type: 'query', questions: [{ type: 'PTR', name: type }] })
}

/** Whether a packet asks for something this node answers. */
export function asksFor(packet: Packet, type: string, peer: string): boolean {
  if (packet.type !== 'query') return false
  const names = new Set([type, enumeration, `${peer}.${type}`, `${peer}.local`].map((name) => name.toLowerCase()))
  return (packet.questions ?? []).slice(0, 32).some(({ name }) => names.has(name.toLowerCase()))
}

/** Everything at once: pointer, place, addresses and text. @param isLeaving the node says goodbye. */
export function encodeAnnouncement(type: string, { peer, addresses }: LocalNode, isLeaving = false): Uint8Array | undefined {
  const places = addresses.flatMap(readPlace).slice(0, addressesMax)
  const [first] = places
  if (!first) return undefined
  const instance = `${peer}.${type}`
  const target = `${peer}.local`
  const ttl = isLeaving ? 0 : serviceTtlSeconds
  const hostTtl = isLeaving ? 0 : hostTtlSeconds
  const hosts = [...new Set(places.map(({ host }) => host))]
  const answers: Answer[] = [
    { type: 'PTR', name: enumeration, ttl, data: type },
    { type: 'PTR', name: type, ttl, data: instance },
    { type: 'SRV', name: instance, ttl: hostTtl, flush: true, data: { port: first.port, target } },
    { type: 'TXT', name: instance, ttl, flush: true, data: [`p=${peer}`, ...places.map(({ address }) => `a=${address}`)] },
    ...hosts.map(
      (host): Answer => ({ type: host.includes(':') ? 'AAAA' : 'A', name: target, ttl: hostTtl, flush: true, data: host }),
    ),
  ]
  return encode({ type: 'response', flags: 0x0400, answers })
}

/** Whether a message can be about this chain's nodes at all, which costs next to nothing to see: most of a network's is not. */
export function concerns(bytes: Bytes, type: string, peer: string): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1').toLowerCase()
  const [label = ''] = type.split('.')
  return [label, '_services', peer.toLowerCase()].some((part) => text.includes(part))
}

/** Undefined when the bytes are no message of DNS, or one of more records than neighbours have to tell: names that refer to names make them dear to read. */
export function readPacket(bytes: Bytes): Packet | undefined {
  if (bytes.length < headerBytes) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes)
  const records = [4, 6, 8, 10].reduce((sum, at) => sum + view.getUint16(at), 0)
  if (records > recordsMax) return undefined
  try {
    return decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  } catch {
    return undefined
  }
}

/** The nodes of this chain that a response tells of, without those that say goodbye. */
export function nodesIn({ type: kind, answers = [], additionals = [] }: Packet, type: string): readonly LocalNode[] {
  if (kind !== 'response') return []
  const suffix = `.${type}`.toLowerCase()
  const nodes: LocalNode[] = []
  for (const answer of [...answers, ...additionals]) {
    if (answer.type !== 'TXT' || !answer.name.toLowerCase().endsWith(suffix) || answer.ttl === 0) continue
    const node = readText(answer.data)
    if (node) nodes.push(node)
    if (nodes.length === nodesMax) break
  }
  return nodes
}

function readText(data: unknown): LocalNode | undefined {
  const texts = (Array.isArray(data) ? data : [data])
    .slice(0, addressesMax + 1)
    .map((text) => Buffer.from(text as string).toString('latin1'))
  const valuesOf = (key: string) => texts.filter((text) => text.startsWith(`${key}=`)).map((text) => text.slice(2))
  const [peer] = valuesOf('p')
  const addresses = valuesOf('a').filter((address) => readPlace(address).length > 0)
  return peer !== undefined && /^[1-9A-HJ-NP-Za-km-z]{1,64}$/.test(peer) && addresses.length > 0 ? { peer, addresses } : undefined
}

/** An address that leads to a port of an IP address, as a neighbour may tell it. */
function readPlace(address: string): readonly { host: string; port: number; address: string }[] {
  const bare = address.replace(/\/p2p\/[^/]+$/, '')
  const [, host = '', port = ''] = /^\/ip[46]\/([0-9A-Fa-f:.]+)\/(?:tcp|udp)\/([1-9]\d{0,4})(?:\/[a-z0-9-]+)*$/.exec(bare) ?? []
  const isTold = host !== '' && Number(port) <= 65_535 && !bare.includes('/p2p-circuit') && utf8(bare).length <= 200
  return isTold ? [{ host, port: Number(port), address: bare }] : []
}
