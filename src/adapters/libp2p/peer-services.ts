/** What an accepted peer and we do for each other on one connection: direct channels and requests, sharing the budget for bulk. */
import type { Stream } from '@libp2p/interface'
import { type NetworkHandlers, type PeerId, type RequestProtocol, requestProtocols } from '../../ports/network.ts'
import { type BulkBudget, createBulkBudget } from './bulk-budget.ts'
import type { Compressor } from './compressor.ts'
import type { ControlHandlers } from './control-stream.ts'
import { type CoverSettings, createLinkCover, startCoverTraffic } from './cover.ts'
import { createDirectChannels, type DirectChannels } from './direct-channels.ts'
import { type Features, noFeatures } from './features.ts'
import { createPaddingAllowance } from './padding.ts'
import { createReadGate, type ReadGate } from './read-gate.ts'
import { createRequestClient, type RequestClient } from './request-client.ts'
import { createRequestServer } from './request-server.ts'
import type { StreamRoster } from './stream-roster.ts'
import { countAllAs, countFrames, createTrafficMeter, type TrafficMeter } from './traffic-meter.ts'
import { type PeerUpload, withUpload } from './upload-shaper.ts'

export interface PeerServicesOptions {
  readonly peer: PeerId
  readonly handlers: NetworkHandlers
  readonly compressor: Compressor
  readonly upload: PeerUpload
  /** Against who watches the link. Absent: nothing is done. */
  readonly cover: CoverSettings | undefined
  /** Request streams this node has opened, over all peers. */
  readonly roster: StreamRoster
  readonly requestStreamsPerMinute: number
  /** Tells the peer how many bulk bytes have been taken from it. */
  readonly acknowledge: (total: number) => void
  readonly open: (protocol: string) => Promise<Stream>
  readonly onViolation: (what: string) => void
  /** A stream failed: the connection is of no more use. */
  readonly onLost: (reason: string) => void
}

export interface PeerServices {
  readonly budget: BulkBudget
  /** Closed while nothing is read from the peer. */
  readonly gate: ReadGate
  readonly meter: TrafficMeter
  /** What the peer said it can do. */
  readonly features: Features
  /** What the control stream has to do with all this. */
  readonly onControl: Pick<
    ControlHandlers,
    'features' | 'onFeatures' | 'onAcknowledged' | 'counter' | 'cover' | 'paddingAllowance'
  >
  readonly onLost: (reason: string) => void
  readonly channels: DirectChannels
  /** The peer is accepted: from now on it may be sent something. */
  begin(): void
  client(protocol: RequestProtocol): RequestClient
  serveRequests(protocol: RequestProtocol, stream: Stream): void
  /** Fails the requests in flight; what still arrives is not heard any more. */
  close(reason: string): void
}

export function createPeerServices(options: PeerServicesOptions): PeerServices {
  const { peer, handlers } = options
  const budget = withUpload(createBulkBudget(options.acknowledge), options.upload.bulk)
  const gate = createReadGate()
  const meter = createTrafficMeter()
  let features = noFeatures
  const cover = createLinkCover(options.cover, () => features.padding)
  const paddingAllowance = createPaddingAllowance(() => performance.now())
  const shared = { ...options, budget, gate, features: () => features, cover, paddingAllowance }
  const counter = countAllAs(meter, 'requests', 4)
  const requestBudget = withUpload(budget, options.upload.answers)
  const client = (protocol: RequestProtocol) => createRequestClient({ ...shared, protocol, counter, budget: requestBudget })
  const clients = ofEach(client)
  const channels = createDirectChannels({
    ...shared,
    counter: countFrames(meter, (kind) => kind),
    onMessage(channel, message) {
      if (!isClosed) handlers.onMessage(peer, channel, message)
    },
  })
  let endCover: (() => void) | undefined
  let isClosed = false
  const server = (protocol: RequestProtocol) =>
    createRequestServer({
      ...shared,
      protocol,
      counter,
      budget: requestBudget,
      streamsPerMinute: options.requestStreamsPerMinute,
      answer: (message) => (isClosed ? undefined : handlers.onRequest(peer, protocol, message)),
    })
  const servers = ofEach(server)
  return {
    budget,
    gate,
    meter,
    onControl: {
      features: featuresWith(options.compressor),
      onFeatures(learnt) {
        features = learnt
      },
      onAcknowledged(total) {
        if (!budget.acknowledged(total)) options.onViolation('an acknowledgement of bytes that were not sent')
      },
      counter: countAllAs(meter, 'control'),
      paddingAllowance,
      ...cover.control,
    },
    get features() {
      return features
    },
    onLost: options.onLost,
    channels,
    begin() {
      const { bytesPerSecond = 0 } = options.cover ?? {}
      if (bytesPerSecond === 0 || !features.padding) return
      const sentBytes = () => meter.sent.reduce((sum, bytes) => sum + bytes, 0)
      endCover = startCoverTraffic({ bytesPerSecond, sentBytes, send: channels.sendPadding })
    },
    client: (protocol) => clients[protocol],
    serveRequests: (protocol, stream) => servers[protocol].accept(stream),
    close(reason) {
      isClosed = true
      gate.end()
      endCover?.()
      for (const protocol of requestProtocols) clients[protocol].close(reason)
    },
  }
}

function featuresWith({ compresses, dictionaries }: Compressor): Features {
  return { ...noFeatures, pacedGossip: true, zstd: compresses, padding: true, dictionaries }
}

/** One for each request protocol. */
function ofEach<T>(make: (protocol: RequestProtocol) => T): Readonly<Record<RequestProtocol, T>> {
  return Object.fromEntries(requestProtocols.map((protocol) => [protocol, make(protocol)])) as Record<RequestProtocol, T>
}
