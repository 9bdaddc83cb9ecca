import { readDialTarget } from '../peers/dial-target.ts'
import { reachOf } from '../peers/network-group.ts'
import type { Discovery } from './discovery.ts'
import type { OwnAddresses } from './own-addresses.ts'
import type { Ports } from './ports.ts'

/** Nodes of the chain on the local network: told to discovery, as whoever is heard of elsewhere. */
export interface Neighbours {
  start(): void
  stop(): Promise<void>
}

export function createNeighbours(options: {
  ports: Ports
  discovery: Pick<Discovery, 'learn'>
  ownAddresses: Pick<OwnAddresses, 'announced'>
}): Neighbours {
  const { ports, discovery, ownAddresses } = options
  const { neighbourhood, network, telemetry } = ports
  /** A neighbour is on this network: what leads elsewhere, or back to this machine, is of no use to it. */
  const isNear = (address: string) => reachOf(readDialTarget(address).host) !== 'machine'

  return {
    start() {
      const started = neighbourhood?.start({
        self: network.self,
        addresses: () => ownAddresses.announced().filter(isNear),
        onFound(addresses, host) {
          telemetry.count('synod_neighbours_found_total')
          discovery.learn(addresses, { kind: 'mdns', host })
        },
      })
      started?.catch((error: unknown) => {
        telemetry.log('warn', 'nobody is looked for on the local network: multicast DNS is not to be had', {
          error: String(error),
        })
      })
    },
    async stop() {
      await neighbourhood?.stop().catch(() => undefined)
    },
  }
}
