import { decode, encode } from '../codec/codec.ts'
import { checkHello, type Hello, helloSchema, protocolVersions } from '../peers/hello.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { HelloVerdict, Network, PeerId } from '../ports/network.ts'
import type { Chain } from './chain.ts'

/** Says hello, and remembers who said what. */
export interface Handshake {
  hello(): Bytes
  onHello(peer: PeerId, hello: Bytes): HelloVerdict
  of(peer: PeerId): Hello | undefined
  forget(peer: PeerId): void
}

export function createHandshake(options: { chain: Chain; network: Network; agent: string; validator: boolean }): Handshake {
  const { chain, network } = options
  const accepted = new Map<PeerId, Hello>()

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
      const decoded = decode(helloSchema, bytes)
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
