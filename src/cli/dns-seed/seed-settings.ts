import { join, resolve } from 'node:path'
import { parseSocketAddress } from '../../adapters/dns/socket-address.ts'
import { seedName } from '../../chain/chain-spec.ts'
import { parseIp } from '../../peers/network-group.ts'
import { OperationalError } from '../../primitives/operational-error.ts'

/** What the operator of a seed decided, checked. */
export interface SeedSettings {
  readonly home: string
  readonly zone: string
  readonly nameServers: readonly string[]
  /** Addresses of this server, for those of its names that lie within the zone. */
  readonly addresses: readonly string[]
  readonly mailbox: string
  readonly listen: readonly SocketAddress[]
  readonly peers: readonly string[]
  readonly keyFile: string | undefined
  readonly listLifeMs: number
  readonly stateDirectory: string
  readonly exportFile: string | undefined
  readonly once: boolean
  readonly intervalMs: number
  readonly ttlSeconds: number
  readonly questionsPerSecond: number
  readonly amplificationMax: number
  readonly dialFrom: string | undefined
  readonly metrics: SocketAddress | undefined
  readonly json: boolean
}

interface SocketAddress {
  readonly host: string
  readonly port: number
}

export interface SeedOptions {
  readonly home: string
  readonly zone: string
  readonly nameserver: readonly string[]
  readonly address: readonly string[]
  readonly mailbox: string | undefined
  readonly listen: readonly string[]
  readonly peer: readonly string[]
  readonly 'key-file': string | undefined
  readonly 'list-days': number
  readonly state: string | undefined
  readonly export: string | undefined
  readonly once: boolean
  readonly interval: number
  readonly ttl: number
  readonly rate: number
  readonly amplification: number
  readonly 'dial-from': string | undefined
  readonly metrics: string | undefined
  readonly json: boolean
}

const dnsPort = 53
const metricsPort = 9153
const dayMs = 86_400_000
const everywhere: readonly SocketAddress[] = [
  { host: '0.0.0.0', port: dnsPort },
  { host: '::', port: dnsPort },
]

/** Throws USAGE_INVALID. */
export function readSeedSettings(options: SeedOptions, workingDirectory: string): SeedSettings {
  const path = (text: string | undefined) => (text === undefined ? undefined : resolve(workingDirectory, text))
  const zone = nameOf('zone', options.zone)
  const listen = options.listen.map((text) => socketOf('listen', text, dnsPort))
  for (const address of options.address) if (!parseIp(address)) throw invalid('address', address, 'an IP address')
  return {
    home: options.home,
    zone,
    nameServers: options.nameserver.length > 0 ? options.nameserver.map((name) => nameOf('nameserver', name)) : [`ns.${zone}`],
    addresses: options.address,
    mailbox: options.mailbox === undefined ? `hostmaster.${zone}` : nameOf('mailbox', options.mailbox),
    listen: listen.length > 0 || options.export !== undefined ? listen : everywhere,
    peers: options.peer,
    keyFile: path(options['key-file']),
    listLifeMs: options['list-days'] * dayMs,
    stateDirectory: path(options.state) ?? join(options.home, 'dns-seed'),
    exportFile: path(options.export),
    once: options.once,
    intervalMs: options.interval * 1000,
    ttlSeconds: options.ttl,
    questionsPerSecond: options.rate,
    amplificationMax: options.amplification,
    dialFrom: options['dial-from'],
    metrics: options.metrics === undefined ? undefined : socketOf('metrics', options.metrics, metricsPort),
    json: options.json,
  }
}

function nameOf(option: string, text: string): string {
  const name = text.toLowerCase().replace(/\.$/, '')
  if (!seedName.safeParse(name).success) throw invalid(option, text, 'a name such as seed.example.org')
  return name
}

function socketOf(option: string, text: string, standardPort: number): SocketAddress {
  const socket = parseSocketAddress(text, standardPort)
  if (!socket) throw invalid(option, text, 'an IP address and a port, such as 127.0.0.1:5353 or [::1]:5353')
  return socket
}

function invalid(option: string, text: string, wanted: string): OperationalError {
  return new OperationalError('USAGE_INVALID', `--${option} is ${JSON.stringify(text.slice(0, 80))}; it must be ${wanted}.`)
}
