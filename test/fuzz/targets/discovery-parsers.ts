/** What is read of those who are asked where others are, or how this node is reached: the directory, relays, gateways, neighbours. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as CircuitMessages from '../../../src/adapters/libp2p/circuit-messages.ts'
import type * as ServiceRecords from '../../../src/adapters/mdns/service-records.ts'
import type * as UpnpXml from '../../../src/adapters/nat/upnp-xml.ts'
import type * as Codec from '../../../src/codec/codec.ts'
import type * as Contacts from '../../../src/peers/kademlia/contact.ts'
import type * as DhtMessages from '../../../src/peers/kademlia/dht-message.ts'
import type * as Records from '../../../src/peers/kademlia/directory-record.ts'
import type * as Distance from '../../../src/peers/kademlia/distance.ts'
import type { Target } from '../fuzz.ts'

const root = join(import.meta.dirname, '../../..')
const load = async <T>(path: string) => (await import(pathToFileURL(join(root, path)).href)) as T
const utf8 = (text: string) => new TextEncoder().encode(text)
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

export async function discoveryTargets(): Promise<Target[]> {
  return [await directoryAnswer(), await circuitMessage(), await gatewayXml(), await neighbourPacket()]
}

/** What is believed of an answer is in order, each once, and neither the asker nor the answerer. */
async function directoryAnswer(): Promise<Target> {
  const { decode, encode } = await load<typeof Codec>('src/codec/codec.ts')
  const { dhtAnswerSchema, readFound, readRecords } = await load<typeof DhtMessages>('src/peers/kademlia/dht-message.ts')
  const { contactOf, closestMax } = await load<typeof Contacts>('src/peers/kademlia/contact.ts')
  const { compareDistance } = await load<typeof Distance>('src/peers/kademlia/distance.ts')
  const { checkRecord, placeOfRecord } = await load<typeof Records>('src/peers/kademlia/directory-record.ts')
  const target = new Uint8Array(32) as unknown as Parameters<typeof compareDistance>[0]
  const asked = { target, asker: 'asker', answerer: 'answerer' }
  const chainId = new Uint8Array(32) as unknown as Parameters<typeof placeOfRecord>[0]
  const rules = { chainId, now: 0, verifyPeer: () => false, stakeOf: () => 1n }
  const peers = ['one', 'two', 'three']
    .map((peer, index) => contactOf(peer, [`/ip4/8.${index}.8.8/tcp/26600`]))
    .sort((left, right) => compareDistance(target, left.place, right.place))
    .map(({ peer, addresses }) => ({ peer, addresses: [...addresses] }))
  const record = {
    type: 'service',
    service: 'relay',
    peer: 'one',
    addresses: [],
    sequence: 1,
    expiresAt: 1,
    signature: new Uint8Array(64),
  } as const
  return {
    name: 'DirectoryAnswer',
    bytesMax: 2048,
    seeds: [
      encode(dhtAnswerSchema, { type: 'found', peers, records: [record] }),
      encode(dhtAnswerSchema, { type: 'stored', kept: true }),
      encode(dhtAnswerSchema, { type: 'pong' }),
    ],
    run(bytes) {
      const answer = decode(dhtAnswerSchema, bytes)
      if (!answer.ok || answer.value.type !== 'found') return
      const found = readFound(answer.value, asked)
      readRecords(answer.value.records, { target, wanted: true, placeOf: (each) => placeOfRecord(chainId, each) })
      if (answer.value.records.some((each) => checkRecord(each, rules).ok)) throw new Error('a record of nobody is believed')
      if (!found.ok) return
      const names = found.value.map(({ peer }) => peer)
      if (names.length > closestMax || new Set(names).size !== names.length) throw new Error('too many, or one twice')
      if (names.includes(asked.asker) || names.includes(asked.answerer)) throw new Error('the asker or the answerer')
      const isNearer = (each: (typeof found.value)[number], before: (typeof found.value)[number]) =>
        compareDistance(target, each.place, before.place) <= 0
      if (found.value.some((each, index) => index > 0 && isNearer(each, found.value[index - 1]!)))
        throw new Error('they are in no order')
    },
  }
}

/** What is read in either dialect is written as it was read. */
async function circuitMessage(): Promise<Target> {
  const { decodeCircuitMessage, encodeCircuitMessage, hop, stop } = await load<typeof CircuitMessages>(
    'src/adapters/libp2p/circuit-messages.ts',
  )
  const peer = new Uint8Array(38).fill(7)
  return {
    name: 'CircuitMessage',
    bytesMax: 512,
    seeds: [
      encodeCircuitMessage(hop, { type: 'reserve' }),
      encodeCircuitMessage(hop, { type: 'status', status: 100, expire: 1_900_000_000, durationS: 3600 }),
      encodeCircuitMessage(stop, { type: 'connect', peer, durationS: 60 }),
    ],
    run(bytes) {
      for (const dialect of [hop, stop]) {
        const message = decodeCircuitMessage(dialect, bytes)
        if (!message) continue
        const again = decodeCircuitMessage(dialect, encodeCircuitMessage(dialect, message))
        if (JSON.stringify(again) !== JSON.stringify(message)) throw new Error('it is another message when it is written')
      }
    },
  }
}

/** A gateway's XML, a few hundred kilobytes of it at most, of which nothing is nested: no text is longer than it may be. */
async function gatewayXml(): Promise<Target> {
  const { elementsOf, textOf } = await load<typeof UpnpXml>('src/adapters/nat/upnp-xml.ts')
  const service = '<service><serviceType>urn:x:service:WANIPConnection:1</serviceType><controlURL>/ctl</controlURL></service>'
  return {
    name: 'GatewayXml',
    bytesMax: 2048,
    seeds: [
      `<root><device>${service}</device></root>`,
      '<s:Body><u:errorCode>718</u:errorCode></s:Body>',
      '<a b="c">&lt;</a >',
    ].map(utf8),
    run(bytes) {
      const xml = latin1(bytes)
      for (const each of elementsOf(xml, 'service')) {
        if (each.length > xml.length) throw new Error('an element is longer than the whole')
        textOf(each, 'controlURL')
      }
      const text = textOf(xml, 'errorCode')
      if (text !== undefined && text.length > 512) throw new Error('a text is longer than it may be')
    },
  }
}

/** A packet of the local network, of which nothing is believed but peer ids and addresses of IP with a port. */
async function neighbourPacket(): Promise<Target> {
  const records = await load<typeof ServiceRecords>('src/adapters/mdns/service-records.ts')
  const type = records.serviceType('0123456789abcdef')
  const node = { peer: '12D3KooWNode', addresses: ['/ip4/192.168.1.2/tcp/26600', '/ip6/fe80::1/udp/26600/quic-v1'] }
  return {
    name: 'NeighbourPacket',
    bytesMax: 1500,
    seeds: [records.encodeAnnouncement(type, node) as Uint8Array, records.encodeQuery(type)],
    run(bytes) {
      const packet = records.readPacket(bytes)
      if (!packet) return
      records.asksFor(packet, type, node.peer)
      const nodes = records.nodesIn(packet, type)
      if (nodes.length > 8) throw new Error('more nodes than a packet may tell of')
      for (const { peer, addresses } of nodes) {
        if (!/^[1-9A-HJ-NP-Za-km-z]{1,64}$/.test(peer)) throw new Error('no peer id')
        if (!addresses.every((address) => /^\/ip[46]\/[0-9A-Fa-f:.]+\/(tcp|udp)\/[1-9]/.test(address)))
          throw new Error('no address')
      }
    },
  }
}
