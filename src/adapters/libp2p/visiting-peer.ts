/**
 * A peer that only visits (docs/spec/discovery.md, "Visits"): it dials over WebSocket, protects the connection with Noise, says hello,
 * asks, and serves nothing. Node and browsers run this same file, so it needs nothing of either but what libp2p's own modules bring for
 * both. The first version of the control stream is enough for it: nothing is compressed or padded for who has no features.
 */
import { noise } from '@libp2p/noise'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { ChainId } from '../../chain/identifiers.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { networkKeyOf } from './network-key.ts'
import { silentLogger } from './silent-logger.ts'
import { createVisit, type Visit } from './visit.ts'

export interface VisitingPeer {
  /** Resolves once both hellos are accepted. Throws `OperationalError` DIAL_FAILED. */
  visit(address: string, timeoutMs: number): Promise<Visit>
  stop(): Promise<void>
}

export interface VisitingPeerOptions {
  readonly chainId: ChainId
  /** What it calls itself. */
  readonly agent: string
}

/** Under an identity of its own, forgotten with it. */
export async function createVisitingPeer({ chainId, agent }: VisitingPeerOptions): Promise<VisitingPeer> {
  const libp2p = await createLibp2p({
    privateKey: networkKeyOf(crypto.getRandomValues(new Uint8Array(32))),
    logger: silentLogger,
    addresses: { listen: [] },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ enableKeepAlive: false })],
    connectionManager: { reconnectRetries: 0, resolvers: {} },
    connectionMonitor: { enabled: false },
    // Whom to ask is the caller's choice, on this machine too.
    connectionGater: { denyDialMultiaddr: () => false },
  })
  const self = libp2p.peerId.toString()
  return {
    async visit(address, timeoutMs) {
      const signal = AbortSignal.timeout(timeoutMs)
      try {
        const connection = await libp2p.dial(multiaddr(address), { signal, force: true })
        return await createVisit(connection, { chainId, agent, self, signal })
      } catch (cause) {
        if (cause instanceof OperationalError) throw cause
        throw new OperationalError('DIAL_FAILED', `${address} does not answer as a peer.`, { cause })
      }
    },
    stop: async () => libp2p.stop(),
  }
}
