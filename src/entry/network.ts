/**
 * `synod/network`: the network as Synod's own engine uses it, and its implementation on libp2p, for those who build other protocols on it.
 *
 * @module network
 */
export { createLibp2pNetwork, type Libp2pNetworkOptions, type Security } from '../adapters/libp2p/libp2p-network.ts'
export type { Libp2pLimits } from '../adapters/libp2p/limits.ts'
export { type TransportKind, transportKinds } from '../adapters/libp2p/transports.ts'
export type { Clock, Timer } from '../ports/clock.ts'
export type {
  Channel,
  HelloVerdict,
  InboundConnection,
  InboundVerdict,
  Network,
  NetworkHandlers,
  PeerId,
  PeerInfo,
  ProofWanted,
  RequestProtocol,
  StrangerFault,
  Traffic,
  TrafficClass,
  TrafficCount,
  Transport,
  Verdict,
} from '../ports/network.ts'
export { channelBytesMax, channels, requestBytesMax, requestProtocols, responsePartBytesMax } from '../ports/network.ts'
