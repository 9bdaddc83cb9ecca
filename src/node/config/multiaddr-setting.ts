import { z } from 'zod'

/** Where a node listens or is dialled, as the settings name it. */
const host = String.raw`(ip4|ip6|dns|dns4|dns6)\/[^/\s]+`
const overTcp = String.raw`${host}\/tcp\/[0-9]{1,5}(\/ws|\/wss|\/tls\/ws)?`
const overUdp = String.raw`(ip4|ip6)\/[^/\s]+\/udp\/[0-9]{1,5}(\/quic-v1|\/webrtc-direct(\/certhash\/u[A-Za-z0-9_-]+)*)`
const peerId = '[1-9A-HJ-NP-Za-km-z]+'
export const multiaddr = z
  .string()
  .regex(
    new RegExp(String.raw`^\/(${overTcp}|${overUdp})(\/p2p\/${peerId}(\/p2p-circuit\/p2p\/${peerId})?)?$`),
    'an address such as /ip4/203.0.113.7/tcp/26600, /dns4/node.example.org/tcp/443/wss or /ip6/2001:db8::7/udp/26600/quic-v1',
  )
