import type { Bytes } from '../../primitives/bytes.ts'
import { readDialTarget } from '../dial-target.ts'
import { listToTexts } from '../dns-seeds/list-texts.ts'
import { seedNames } from '../dns-seeds/seed-names.ts'
import { type RecordData, type RecordType, type ResourceRecord, textStrings, zoneTimes } from './resource-record.ts'
import type { Response } from './response.ts'

/** All records of a seed's zone at one time, by name in lower case. */
export interface Zone {
  readonly apex: string
  readonly records: ReadonlyMap<string, readonly ResourceRecord[]>
}

export interface ZoneContent {
  readonly apex: string
  /** Names of the servers of the zone, the primary first. */
  readonly nameServers: readonly string[]
  /** Addresses of those servers whose names lie within the zone, by name. */
  readonly glue: ReadonlyMap<string, readonly string[]>
  /** As a name: `hostmaster.example.org` for hostmaster@example.org. */
  readonly mailbox: string
  readonly serial: number
  readonly ttlSeconds: number
  /** Port at which peers are expected that are told by address alone. */
  readonly port: number
  /** Multiaddrs with peer ids, the best first. */
  readonly addresses: readonly string[]
  readonly signedList?: { readonly sequence: number; readonly bytes: Bytes } | undefined
}

const hostsMax = 64
const servicesMax = 16
const dnsaddrsMax = 24

export function buildZone(content: ZoneContent): Zone {
  const { apex, nameServers, ttlSeconds } = content
  const records = new Map<string, ResourceRecord[]>()
  const add = (name: string, data: RecordData, ttl = ttlSeconds) => {
    const record = { ...data, name, ttlSeconds: ttl }
    const there = records.get(name)
    if (there) there.push(record)
    else records.set(name, [record])
  }
  const [primary = apex] = nameServers
  add(apex, { type: 'SOA', primary, mailbox: content.mailbox, serial: content.serial })
  for (const target of nameServers) add(apex, { type: 'NS', target })
  for (const [name, hosts] of content.glue) for (const host of hosts) add(name, addressData(host))
  const plain = content.addresses
    .map(readDialTarget)
    .filter(({ address }) => /^\/ip[46]\/[^/]+\/tcp\/\d+(\/p2p\/\w+)?$/.test(address))
  const atPort = plain.filter(({ port }) => port === content.port)
  for (const host of new Set(atPort.slice(0, hostsMax).map((peer) => peer.host))) add(apex, addressData(host))
  const hosts = new Set<string>()
  for (const { host, port } of plain.slice(0, servicesMax)) {
    const target = `${labelOf(host)}.${apex}`
    add(seedNames.service(apex), { type: 'SRV', priority: 0, weight: 10, port: port as number, target })
    if (!hosts.has(host)) add(target, addressData(host))
    hosts.add(host)
  }
  for (const address of content.addresses.slice(0, dnsaddrsMax)) {
    add(seedNames.dnsaddr(apex), { type: 'TXT', text: `dnsaddr=${address}` })
  }
  const { signedList } = content
  const texts = signedList ? listToTexts(signedList.sequence, signedList.bytes) : []
  for (const text of texts) add(seedNames.signed(apex), { type: 'TXT', text })
  return { apex, records }
}

/** Whether a name is the zone's, with or without records. */
export function isInZone({ apex }: Zone, name: string): boolean {
  return name === apex || name.endsWith(`.${apex}`)
}

/** What the zone says of a name within it. @param turn which of many addresses come first, so that not all who ask get the same. */
export function lookUp(zone: Zone, name: string, type: RecordType | undefined, turn: number): Response {
  const there = zone.records.get(name)
  const answers = there?.filter((record) => record.type === type) ?? []
  if (answers.length > 0) {
    const divisible = (type === 'A' || type === 'AAAA') && answers.length > 1
    return { rcode: 'NOERROR', authoritative: true, answers: rotated(answers, turn), authorities: [], divisible }
  }
  const soa = zone.records.get(zone.apex)?.filter((record) => record.type === 'SOA') ?? []
  const authorities = soa.map((record) => ({ ...record, ttlSeconds: zoneTimes.minimum }))
  const exists = there !== undefined || [...zone.records.keys()].some((each) => each.endsWith(`.${name}`))
  return { rcode: exists ? 'NOERROR' : 'NXDOMAIN', authoritative: true, answers: [], authorities, divisible: false }
}

/** The zone as a master file (RFC 1035, section 5), for other name servers to serve. */
export function zoneFile(zone: Zone): string {
  const lines = [...zone.records.values()].flat().map((record) => {
    return `${record.name}. ${record.ttlSeconds} IN ${record.type} ${dataText(record)}`
  })
  return `$ORIGIN ${zone.apex}.\n${lines.join('\n')}\n`
}

function dataText(data: RecordData): string {
  switch (data.type) {
    case 'A':
    case 'AAAA':
      return data.host
    case 'NS':
      return `${data.target}.`
    case 'SRV':
      return `${data.priority} ${data.weight} ${data.port} ${data.target}.`
    case 'TXT':
      return textStrings(data.text)
        .map((part) => `"${new TextDecoder().decode(part).replaceAll(/["\\]/g, String.raw`\$&`)}"`)
        .join(' ')
    case 'SOA': {
      const { refresh, retry, expire, minimum } = zoneTimes
      return `${data.primary}. ${data.mailbox}. ${data.serial} ${refresh} ${retry} ${expire} ${minimum}`
    }
  }
}

function addressData(host: string): RecordData {
  return { type: host.includes(':') ? 'AAAA' : 'A', host }
}

/** `ip4-203-0-113-7`: a name within the zone for a host that has no other. */
function labelOf(host: string): string {
  const kind = host.includes(':') ? 'ip6' : 'ip4'
  return `${kind}-${host.replaceAll('::', '-z-').replaceAll(/[.:]/g, '-')}`.replace(/-$/, '').replaceAll('--', '-')
}

function rotated<T>(list: readonly T[], turn: number): readonly T[] {
  const first = turn % list.length
  return [...list.slice(first), ...list.slice(0, first)]
}
