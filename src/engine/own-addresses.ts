import {
  addressesAt,
  createOwnAddressTable,
  networksOf,
  type OwnAddress,
  type OwnAddressSource,
  type Reachability,
  type ReachVerdict,
} from '../peers/own-addresses.ts'
import type { Ports } from './ports.ts'

/** What this node says its own addresses are: in its hello, to the DHT, to its operator. */
export interface OwnAddresses {
  /** Everything that a source knows now, such as port mappings. Listening sockets and relays are read from the network. */
  offer(source: OwnAddressSource, addresses: readonly string[]): void
  /** The same of one that sees IP addresses alone: the ports are then those this node listens on. */
  offerHosts(source: OwnAddressSource, hosts: readonly string[]): void
  /** What a server of this network group found when it tried an address. */
  judge(address: string, group: string, verdict: ReachVerdict): void
  candidates(): readonly OwnAddress[]
  /** What others are told, the surest first, at most as many as a hello holds. */
  announced(): readonly string[]
  reachability(): Reachability
  /** Calls back, once, whenever this machine has left a network it stood in: whoever found something out there finds it out again. */
  onMoved(callback: () => void): void
}

export function createOwnAddresses({ ports: { clock, network, telemetry } }: { ports: Ports }): OwnAddresses {
  const table = createOwnAddressTable()
  const hosts = new Map<OwnAddressSource, readonly string[]>()
  const callbacks: (() => void)[] = []
  let networks: ReadonlySet<string> = new Set()
  let told: Reachability = 'unknown'

  /** Interfaces come and go without a word, so the sockets are asked every time. */
  function read(): void {
    const addresses = network.addresses()
    const listening = addresses.filter((address) => !isRelayed(address))
    look(networksOf(listening))
    table.offer('listen', listening)
    table.offer('relay', addresses.filter(isRelayed))
    for (const [source, seen] of hosts)
      table.offer(
        source,
        seen.flatMap((host) => addressesAt(host, listening)),
      )
  }

  /** A cable that is pulled is most often put back, so to be nowhere is not to have moved. */
  function look(present: ReadonlySet<string>): void {
    if (present.size === 0) return
    const before = networks
    networks = present
    if (before.isSubsetOf(present)) return
    telemetry.log('info', 'this machine has left a network: where it can be reached is found out anew')
    table.forgetVerdicts()
    hosts.clear()
    for (const source of ['mapping', 'stun', 'observed'] as const) table.offer(source, [])
    for (const callback of callbacks) callback()
  }

  return {
    offer: (source, addresses) => void table.offer(source, addresses),
    offerHosts: (source, seen) => void hosts.set(source, seen),
    judge(address, group, verdict) {
      read()
      table.judge(address, group, verdict, clock.monotonic())
      const reachability = table.reachability(clock.monotonic())
      if (reachability === told) return
      told = reachability
      telemetry.log('info', 'how this node is reached has changed', { reachability })
    },
    candidates() {
      read()
      return table.candidates(clock.monotonic())
    },
    announced() {
      read()
      return table.announced(clock.monotonic())
    },
    reachability() {
      read()
      return table.reachability(clock.monotonic())
    },
    onMoved: (callback) => void callbacks.push(callback),
  }
}

const isRelayed = (address: string): boolean => address.includes('/p2p-circuit')
