/** What an accepted peer and we do for each other on one connection: direct channels and requests, sharing the budget for bulk. */
import type { Stream } from '@libp2p/interface'
import { type NetworkHandlers, type PeerId, type RequestProtocol, requestProtocols } from '../../ports/network.ts'
import type { BulkBudget } from './bulk-budget.ts'
import { createDirectChannels, type DirectChannels } from './direct-channels.ts'
import { createRequestClient, type RequestClient } from './request-client.ts'
import { serveRequests } from './request-server.ts'

export interface PeerServicesOptions {
  readonly peer: PeerId
  readonly handlers: NetworkHandlers
  readonly budget: BulkBudget
  readonly open: (protocol: string) => Promise<Stream>
  readonly onViolation: (what: string) => void
  /** A stream failed: the connection is of no more use. */
  readonly onLost: (reason: string) => void
}

export interface PeerServices {
  readonly channels: DirectChannels
  client(protocol: RequestProtocol): RequestClient
  serveRequests(protocol: RequestProtocol, stream: Stream): void
  /** Fails the requests in flight; what still arrives is not heard any more. */
  close(reason: string): void
}

export function createPeerServices(options: PeerServicesOptions): PeerServices {
  const { peer, handlers } = options
  const client = (protocol: RequestProtocol) => createRequestClient({ ...options, protocol })
  const clients: Readonly<Record<RequestProtocol, RequestClient>> = {
    batch: client('batch'),
    block: client('block'),
    status: client('status'),
    mempool: client('mempool'),
  }
  const served = new Set<RequestProtocol>()
  let isClosed = false
  return {
    channels: createDirectChannels({
      ...options,
      onMessage(channel, message) {
        if (!isClosed) handlers.onMessage(peer, channel, message)
      },
    }),
    client: (protocol) => clients[protocol],
    serveRequests(protocol, stream) {
      if (served.has(protocol)) return options.onViolation(`a second stream of ${protocol} requests`)
      served.add(protocol)
      serveRequests(stream, {
        ...options,
        protocol,
        answer: (message) => (isClosed ? undefined : handlers.onRequest(peer, protocol, message)),
      })
    },
    close(reason) {
      isClosed = true
      for (const protocol of requestProtocols) clients[protocol].close(reason)
    },
  }
}
