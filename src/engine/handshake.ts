import { decode, encode } from '../codec/codec.ts'
import { checkHello, commonVersion, type Hello, helloSchema, protocolVersions } from '../peers/hello.ts'
import type { HelloVerdict, PeerId } from '../ports/network.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { RejectionCode } from '../primitives/error-catalogue.ts'
import type { Chain } from './chain.ts'
import type { Ports } from './ports.ts'

/** Says hello, and remembers who said what. */
export interface Handshake {
  hello(): Bytes
  onHello(peer: PeerId, hello: Bytes): HelloVerdict
  of(peer: PeerId): Hello | undefined
  /** The protocol version to speak with a peer: the highest that both know. */
  negotiated(peer: PeerId): number
  forget(peer: PeerId): void
}

/** More than any node has connections: a hello that leads to none must not stay for ever. */
const rememberedMax = 8192

export function createHandshake(options: {
  ports: Ports
  chain: Chain
  agent: string
  validator: boolean
  /** The newest protocol version this node speaks; the code's own unless given. */
  protocolVersionMax?: number | undefined
  isWelcome: (peer: PeerId) => boolean
}): Handshake {
  const { chain } = options
  const { network, telemetry } = options.ports
  const accepted = createBoundedMap<PeerId, Hello>(rememberedMax)
  const versionMax = options.protocolVersionMax ?? protocolVersions.max

  /** Anybody can make this happen as often as they like, so it is counted and not told; the stranger's own log has the details. */
  function refuse(peer: PeerId, code: RejectionCode, detail?: string): HelloVerdict {
    telemetry.count('synod_peers_refused_total', 1, { code })
    telemetry.log('debug', 'peer turned away', { peer, code })
    return { accept: false, reason: detail === undefined ? code : `${code}: ${detail}` }
  }

  return {
    hello() {
      return encode(helloSchema, {
        chainId: chain.chainId,
        genesisRoot: chain.genesisRoot,
        protocolMin: protocolVersions.min,
        protocolMax: versionMax,
        capabilities: options.validator ? ['block-sync', 'validator'] : ['block-sync'],
        height: chain.tip().height,
        listenAddresses: network.addresses().slice(0, 16),
        agent: options.agent,
      })
    },
    onHello(peer, bytes) {
      if (!options.isWelcome(peer)) return refuse(peer, 'HELLO_UNWELCOME')
      // A hello is kept as long as its connection, longer than the buffer in which it came should be.
      const decoded = decode(helloSchema, bytes.slice())
      if (!decoded.ok) return refuse(peer, decoded.error.code)
      const checked = checkHello(decoded.value, chain, versionMax)
      if (!checked.ok) return refuse(peer, checked.error.code, checked.error.detail)
      accepted.set(peer, decoded.value)
      return { accept: true }
    },
    of: (peer) => accepted.get(peer),
    negotiated: (peer) => commonVersion(accepted.get(peer), versionMax),
    forget: (peer) => void accepted.delete(peer),
  }
}
