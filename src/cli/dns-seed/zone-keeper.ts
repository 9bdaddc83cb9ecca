import { rename, writeFile } from 'node:fs/promises'
import type { ChainSpec } from '../../chain/chain-spec.ts'
import type { ChainId } from '../../chain/identifiers.ts'
import type { Ed25519Keypair } from '../../crypto/ed25519.ts'
import { seedListAddressesMax, signPeerList } from '../../peers/dns-seeds/signed-peer-list.ts'
import type { TestedPeers } from '../../peers/seeder/tested-peers.ts'
import { buildZone, type Zone, type ZoneContent, zoneFile } from '../../peers/seeder/zone.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import type { SeedSettings } from './seed-settings.ts'

/** Makes the zone of what the crawl found, anew whenever that has changed, and signs its list. */
export interface ZoneKeeper {
  /** The zone of now; the one before where nothing has changed. */
  refresh(now: number): Zone
  readonly list: PublishedList | undefined
  /** Addresses that are served. */
  readonly served: number
}

interface PublishedList {
  readonly sequence: number
  readonly expiresAt: number
  readonly addresses: number
  readonly bytes: Bytes
}

export function createZoneKeeper(options: {
  readonly settings: SeedSettings
  readonly spec: ChainSpec
  readonly chainId: ChainId
  readonly peers: TestedPeers
  readonly key: Ed25519Keypair | undefined
}): ZoneKeeper {
  const { settings, spec, chainId, peers, key } = options
  let addresses: readonly string[] | undefined
  let zone: Zone | undefined
  let list: PublishedList | undefined

  function sign(now: number, listed: readonly string[]): PublishedList | undefined {
    if (!key || listed.length === 0) return undefined
    const expiresAt = now + settings.listLifeMs
    const content = { version: 1, chainId, sequence: now, issuedAt: now, expiresAt, addresses: listed } as const
    return { sequence: now, expiresAt, addresses: listed.length, bytes: signPeerList(content, key) }
  }

  return {
    get list() {
      return list
    },
    get served() {
      return addresses?.length ?? 0
    },
    refresh(now) {
      const good = peers.good().map(({ address }) => address)
      const isSame = addresses !== undefined && good.join(' ') === addresses.join(' ')
      const isFresh = list === undefined || list.expiresAt - now > settings.listLifeMs / 2
      if (zone && isSame && isFresh) return zone
      addresses = good
      list = sign(now, good.slice(0, seedListAddressesMax))
      zone = buildZone(contentOf(settings, { spec, addresses: good, signedList: list, now }))
      return zone
    },
  }
}

function contentOf(
  settings: SeedSettings,
  found: {
    readonly spec: ChainSpec
    readonly addresses: readonly string[]
    readonly signedList: ZoneContent['signedList']
    readonly now: number
  },
): ZoneContent {
  const { zone: apex, nameServers, mailbox, ttlSeconds } = settings
  const within = nameServers.filter((name) => name.endsWith(`.${apex}`))
  return {
    apex,
    nameServers,
    glue: new Map(within.map((name) => [name, settings.addresses])),
    mailbox,
    serial: Math.floor(found.now / 1000) % 2 ** 32,
    ttlSeconds,
    port: found.spec.chain.port,
    addresses: found.addresses,
    signedList: found.signedList,
  }
}

/** Replaces the file whole, so that a server that reads it at any time reads one zone. */
export async function writeZoneFile(path: string, zone: Zone): Promise<void> {
  const draft = `${path}.new`
  await writeFile(draft, zoneFile(zone))
  await rename(draft, path)
}
