import { readDialTarget } from '../peers/dial-target.ts'
import { dialAddress } from '../peers/kademlia/contact.ts'
import { reachOf } from '../peers/network-group.ts'
import type { Directory } from './directory.ts'
import type { Discovery } from './discovery.ts'

/** How relays and those who need one find each other beyond their own peers: by a service record in the directory. */
export interface RelayService {
  offer(isOffered: boolean): void
  /** There are too few relays among the peers: where others are is told to discovery. Never rejects. */
  look(): Promise<void>
}

/** Its name in the directory. Spec: docs/spec/network.md, "Relays". */
const relayService = 'relay'
/** Of one search. Whoever signs a record says what it likes in it, and the book bounds what becomes of that. */
const recordsMax = 8

export function createRelayService(
  directory: Pick<Directory, 'provide' | 'findService'> | undefined,
  discovery: Pick<Discovery, 'learn'>,
): RelayService {
  return {
    offer: (isOffered) => directory?.provide(relayService, isOffered),
    async look() {
      const records = (await directory?.findService(relayService).catch(() => [])) ?? []
      for (const { peer, addresses } of records.slice(0, recordsMax)) {
        // A record that leads into this node's own network would have it knock where a stranger cannot.
        const abroad = addresses.filter((address) => reachOf(readDialTarget(address).host) === 'world')
        const [first] = abroad
        if (first === undefined) continue
        const { host } = readDialTarget(first)
        discovery.learn(
          abroad.map((address) => dialAddress(address, peer)),
          { kind: 'dht', host },
        )
      }
    },
  }
}
