/**
 * The whole contract over every transport. `transports.test.ts` has what must be known at once. WebRTC's ICE leaves out the loopback
 * address of IPv6, and so is tried over IPv4 alone.
 */
import { networkContract } from '../../ports/network.contract.ts'
import { channels } from '../../ports/network.ts'
import { createLibp2pNetwork } from './libp2p-network.ts'
import { peerCertificateOfSeed } from './peer-certificate.ts'

for (const [name, listen] of [
  ['QUIC', '/ip4/127.0.0.1/udp/0/quic-v1'],
  ['QUIC and IPv6', '/ip6/::1/udp/0/quic-v1'],
  ['WebSocket', '/ip4/127.0.0.1/tcp/0/ws'],
  ['WebSocket and IPv6', '/ip6/::1/tcp/0/ws'],
  ['WebSocket over TLS', '/ip4/127.0.0.1/tcp/0/wss'],
  ['WebRTC', '/ip4/127.0.0.1/udp/0/webrtc-direct'],
] as const) {
  networkContract(`libp2p over ${name}`, {
    make: async (index) =>
      createLibp2pNetwork({
        privateKeySeed: new Uint8Array(32).fill(index),
        listen: [listen],
        security: ['tls', 'noise'],
        chainTag: 'contract',
        gossipChannels: channels,
        webSocketCertificate: await peerCertificateOfSeed(new Uint8Array(32)),
      }),
    deadAddress: listen.replace('/0', '/1'),
    turn: () => new Promise((resolve) => setTimeout(resolve, 1)),
  })
}
