/** The network layer alone, as the processes of a bench use it: it accepts everybody, and whatever the bench does not expect ends it. */
import { createLibp2pNetwork, type Libp2pNetworkOptions } from '../../adapters/libp2p/libp2p-network.ts'
import type { Network, NetworkHandlers } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'

export const loopbackListen = '/ip4/127.0.0.1/tcp/0'

export interface BenchNetworkOptions extends Partial<Libp2pNetworkOptions> {
  readonly privateKeySeed: Bytes
  readonly handlers?: Partial<NetworkHandlers>
}

/** Started, without gossip, over TLS with the hybrid group alone, unless the options say otherwise. Without `listen`, it only dials. */
export async function startBenchNetwork({ handlers, ...options }: BenchNetworkOptions): Promise<Network> {
  const network = await createLibp2pNetwork({
    listen: [],
    security: ['tls'],
    requireHybrid: true,
    chainTag: 'bench',
    gossipChannels: [],
    ...options,
  })
  await network.start({
    hello: () => new Uint8Array(64),
    onHello: () => ({ accept: true }),
    onConnected: () => undefined,
    onDisconnected: () => undefined,
    onMessage: () => undefined,
    onGossip: () => 'ignore',
    onRequest: () => {
      throw new Error('nothing is answered here')
    },
    onMisbehaviour: (_peer, what) => {
      throw new Error(what)
    },
    ...handlers,
  })
  return network
}
