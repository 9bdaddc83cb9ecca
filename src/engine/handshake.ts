import { decode, encode } from '../codec/codec.ts'
import { checkHello, type Hello, helloSchema, protocolVersions } from '../peers/hello.ts'
import type { HelloVerdict, Network, PeerId } from '../ports/network.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { Chain } from './chain.ts'

/** Says hello, and remembers who said what. */
export interface Handshake {
  hello(): Bytes
  onHello(peer: PeerId, hello: Bytes): HelloVerdict
  of(peer: PeerId): Hello | undefined
  forget(peer: PeerId): void
}

/** More than any node has connections: a hello that leads to none must not stay for ever. */
const rememberedMax = 8192

export function createHandshake(options: {
  chain: Chain
  network: Network
  agent: string
  validator: boolean
  isWelcome: (peer: PeerId) => boolean
}): Handshake {
  const { chain, network } = options
  const accepted = createBoundedMap<PeerId, Hello>(rememberedMax)

  return {
    hello() {
      return encode(helloSchema, {
        chainId: chain.chainId,
        genesisRoot: chain.genesisRoot,
        protocolMin: protocolVersions.min,
        protocolMax: protocolVersions.max,
        capabilities: options.validator ? ['block-sync', 'validator'] : ['block-sync'],
        height: chain.tip().height,
        listenAddresses: network.addresses().slice(0, 16),
        agent: options.agent,
      })
    },
    onHello(peer, bytes) {
      if (!options.isWelcome(peer)) return { accept: false, reason: 'HELLO_UNWELCOME' }
      // A hello is kept as long as its connection, longer than the buffer in which it came should be.
      const decoded = decode(helloSchema, bytes.slice())
      if (!decoded.ok) return { accept: false, reason: decoded.error.code }
      const checked = checkHello(decoded.value, chain)
      if (!checked.ok) return { accept: false, reason: `${checked.error.code}: ${checked.error.detail}` }
      accepted.set(peer, decoded.value)
      return { accept: true }
    },
    of: (peer) => accepted.get(peer),
    forget: (peer) => void accepted.delete(peer),
  }
}
