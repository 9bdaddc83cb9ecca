import { readDialTarget } from '../peers/dial-target.ts'
import { usableAddresses } from '../peers/listen-addresses.ts'
import type { PeerId } from '../ports/network.ts'
import type { ConnectionKeeper } from './connection-keeper.ts'
import type { PeerRegister } from './peer-register.ts'
import type { Ports } from './ports.ts'

/** Everything that finds peers tells it here, and nobody else touches what becomes of it. */
export interface Discovery {
  /** Addresses that `source` told of. What may not be dialled is left out here, so nobody else has to. */
  learn(addresses: readonly string[], source: AddressSource): void
  /** Where a connected peer says that it can be dialled itself. */
  learnOwn(addresses: readonly string[], peer: PeerId): void
  /** At most `n` addresses that are worth telling others, each with its peer id. */
  good(n: number): readonly string[]
}

/** Who told of an address. `host`: its IP address; for DNS, the resolver's, or the seed's name. Its network group bounds what it can fill. */
export interface AddressSource {
  readonly kind: 'config' | 'seed' | 'peer' | 'dht' | 'mdns'
  readonly host: string
}

export function createDiscovery(options: {
  readonly ports: Ports
  readonly register: PeerRegister
  readonly keeper: Pick<ConnectionKeeper, 'learn'>
}): Discovery {
  const { ports, register, keeper } = options

  function learn(addresses: readonly string[], source: AddressSource): void {
    if (addresses.length > 0) keeper.learn(addresses, source.host)
  }

  return {
    learn,
    learnOwn(addresses, peer) {
      const host = register.of(peer)?.host
      if (host === undefined) return
      const own = usableAddresses(addresses, peer, host).flatMap((address) => ownAddress(address, peer))
      learn(own, { kind: 'peer', host })
    },
    good: (n) =>
      ports.network
        .peers()
        .filter(({ direction }) => direction === 'outbound')
        .slice(0, n)
        .map(({ address, id }) => (address.startsWith('/') && !address.includes('/p2p/') ? `${address}/p2p/${id}` : address)),
  }
}

/** An address that leads to somebody else is not the peer's to give away. */
function ownAddress(address: string, peer: PeerId): readonly string[] {
  const { peer: named } = readDialTarget(address)
  if (named === peer) return [address]
  if (named !== undefined) return []
  return [address.startsWith('/') ? `${address}/p2p/${peer}` : address]
}
