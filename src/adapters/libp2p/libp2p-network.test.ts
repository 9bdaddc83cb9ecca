import { type NetworkWorld, networkContract } from '../../ports/network.contract.ts'
import { channels } from '../../ports/network.ts'
import { createLibp2pNetwork, type Libp2pNetworkOptions } from './libp2p-network.ts'

function world(options: Partial<Libp2pNetworkOptions>): NetworkWorld {
  return {
    make: (index) =>
      createLibp2pNetwork({
        privateKeySeed: new Uint8Array(32).fill(index),
        listen: ['/ip4/127.0.0.1/tcp/0'],
        security: ['tls', 'noise'],
        chainTag: 'contract',
        gossipChannels: channels,
        ...options,
      }),
    deadAddress: '/ip4/127.0.0.1/tcp/1',
    turn: () => new Promise((resolve) => setTimeout(resolve, 1)),
  }
}

networkContract('libp2p over TLS', world({ security: ['tls'], requireHybrid: true }))
networkContract('libp2p over Noise', world({ security: ['noise'] }))
networkContract('libp2p over IPv6', world({ listen: ['/ip6/::1/tcp/0'] }))
