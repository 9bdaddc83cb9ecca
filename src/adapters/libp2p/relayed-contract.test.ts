import { afterAll, beforeAll } from 'vitest'
import { quietHandlers } from '../../../test/network/quiet-handlers.ts'
import { networkContract } from '../../ports/network.contract.ts'
import { channels, type Network, type NetworkHandlers } from '../../ports/network.ts'
import { createLibp2pNetwork } from './libp2p-network.ts'

/** Everything the port promises holds over a relay. The relay itself is hidden from the suite, which knows of the two ends alone. */
const limits = {
  reservations: 16,
  reservationsPerHost: 16,
  circuits: 64,
  circuitsPerPeer: 24,
  bytesPerSecond: 256 << 20,
  reservationMs: 3_600_000,
  circuitMs: 3_600_000,
}

function make(index: number): Promise<Network> {
  return createLibp2pNetwork({
    privateKeySeed: new Uint8Array(32).fill(index),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    security: ['tls'],
    chainTag: 'relayed',
    gossipChannels: channels,
  })
}

let relay: Network
beforeAll(async () => {
  relay = await make(99)
  await relay.start({
    ...quietHandlers,
    // What is gossiped has to come from the peer that the suite knows.
  })
  relay.relaying?.serve(limits)
})
afterAll(() => relay.stop())

async function behindRelay(index: number): Promise<Network> {
  const network = await make(index)
  const isOther = (peer: string) => peer !== relay.self
  const hiding = (handlers: NetworkHandlers): NetworkHandlers => ({
    ...handlers,
    hello: (peer, connection) => (isOther(peer) ? handlers.hello(peer, connection) : new Uint8Array(0)),
    onHello: (peer, hello, connection) => (isOther(peer) ? handlers.onHello(peer, hello, connection) : { accept: true }),
    prove: (peer, hello, connection) => (isOther(peer) ? handlers.prove?.(peer, hello, connection) : undefined),
    onConnected: (peer) => isOther(peer.id) && handlers.onConnected(peer),
    onDisconnected: (peer, reason) => isOther(peer.id) && handlers.onDisconnected(peer, reason),
    onGossip: (peer, channel, message) => (isOther(peer) ? handlers.onGossip(peer, channel, message) : 'ignore'),
  })
  return {
    ...network,
    async start(handlers) {
      await network.start(hiding(handlers))
      await network.connect(relay.addresses()[0] as string)
      await network.relaying?.reserve(relay.self, relay.addresses())
    },
    addresses: () => network.addresses().filter((address) => address.includes('/p2p-circuit')),
    peers: () => network.peers().filter(({ id }) => isOther(id)),
  }
}

networkContract('libp2p over a relay', {
  make: behindRelay,
  findsByName: true,
  deadAddress: '/ip4/127.0.0.1/tcp/1',
  turn: () => new Promise((resolve) => setTimeout(resolve, 1)),
})
