import type { ChainId } from '../chain/identifiers.ts'
import type { Ed25519Keypair } from '../crypto/ed25519.ts'
import { bareAddress, contactAddressesMax } from '../peers/kademlia/contact.ts'
import { type DirectoryRecord, signServiceRecord, signValidatorRecord } from '../peers/kademlia/directory-record.ts'
import { type Place, placeOfPeer, placeSharing } from '../peers/kademlia/distance.ts'
import type { RecordStore } from '../peers/kademlia/record-store.ts'
import type { RoutingTable } from '../peers/kademlia/routing-table.ts'
import type { Timer } from '../ports/clock.ts'
import type { Ports } from './ports.ts'

/** What a node does for the directory without being asked: it joins, keeps its table fresh, and its own records and others' alive. */
export interface DirectoryKeeper {
  /** Somebody is connected: a table that is still empty may begin. */
  met(): void
  provide(service: string, isOffered: boolean): void
  start(): void
  stop(): void
}

export interface DirectoryKeeperOptions {
  readonly ports: Ports
  readonly chainId: ChainId
  readonly store: RecordStore
  readonly table: RoutingTable
  readonly serves: () => boolean
  readonly ownAddresses: () => readonly string[]
  readonly networkKey: Ed25519Keypair | undefined
  readonly publish: (record: DirectoryRecord) => Promise<number>
  readonly refresh: (place: Place) => Promise<unknown>
}

const joinDelayMs = 500
/** Between two looks at what is due, give or take a fifth, so that nodes that started together do not work together. */
const lookMs = 60_000
const refreshMs = 3_600_000
const neighbourhoodMs = 600_000
/** A record outlives two of its renewals that fail. */
const renewMs = 1_200_000
const lifetimeMs = 3 * renewMs
/** Others' records are handed on when their authors have not been heard of for so long, a few at a time. */
const handOnMs = 3_600_000
const handedOnAtOnce = 32

export function createDirectoryKeeper(options: DirectoryKeeperOptions): DirectoryKeeper {
  const { ports, chainId, store, table, publish, refresh, networkKey } = options
  const { clock, entropy, identity, network, telemetry } = ports
  const self = placeOfPeer(network.self)
  const services = new Set<string>()
  let joining: Timer | undefined
  let timer: Timer | undefined
  let joinedAt = Number.NEGATIVE_INFINITY
  let published = { at: Number.NEGATIVE_INFINITY, what: '' }
  let running = false

  /** The nodes around this one's own place, and then somebody in every part of the network. */
  async function join(): Promise<void> {
    joinedAt = clock.monotonic()
    await refresh(self)
    for (const bucket of table.stale(clock.monotonic() - refreshMs)) {
      if (!running) return
      await refresh(placeSharing(self, bucket, entropy.bytes(32)))
    }
  }

  function ownRecords(): readonly DirectoryRecord[] {
    const peer = network.self
    const now = clock.now()
    const bare = options.ownAddresses().map(bareAddress)
    const said = { peer, addresses: bare.slice(0, contactAddressesMax), sequence: now, expiresAt: now + lifetimeMs }
    if (said.addresses.length === 0) return []
    return [
      ...(networkKey ? [signValidatorRecord(chainId, networkKey, said)] : []),
      ...(identity ? [...services].map((service) => signServiceRecord(chainId, identity.sign, { service, ...said })) : []),
    ]
  }

  /** Anew when it is time, and when what it says has changed. */
  async function renew(): Promise<void> {
    const what = [...services, ...options.ownAddresses()].join(' ')
    if (clock.monotonic() - published.at < renewMs && what === published.what) return
    if (table.size === 0) return
    published = { at: clock.monotonic(), what }
    for (const record of ownRecords()) {
      if (!running) return
      const at = await publish(record)
      telemetry.log('debug', 'a record of this node is published', { type: record.type, at })
    }
  }

  async function handOn(): Promise<void> {
    const now = clock.now()
    store.expire(now)
    telemetry.gauge('synod_dht_records', store.size)
    for (const { record } of store.due(now - handOnMs, now, handedOnAtOnce)) {
      if (!running) return
      await publish(record)
    }
  }

  async function look(): Promise<void> {
    if (table.size > 0 && clock.monotonic() - joinedAt >= neighbourhoodMs) await join()
    await renew()
    await handOn()
  }

  function lookLater(): void {
    if (!running) return
    const [chance = 0] = entropy.bytes(1)
    timer = clock.schedule(lookMs * (0.8 + (0.4 * chance) / 255), () => {
      look().finally(lookLater)
    })
  }

  function joinSoon(): void {
    if (!running || joining || joinedAt > Number.NEGATIVE_INFINITY) return
    joining = clock.schedule(joinDelayMs, () => {
      joining = undefined
      if (table.size > 0) void join().then(renew)
    })
  }

  return {
    met: joinSoon,
    provide(service, isOffered) {
      if (isOffered === services.has(service)) return
      if (!isOffered) return void services.delete(service)
      services.add(service)
      if (running) void renew()
    },
    start() {
      running = true
      joinSoon()
      lookLater()
    },
    stop() {
      running = false
      joining?.cancel()
      timer?.cancel()
    },
  }
}
