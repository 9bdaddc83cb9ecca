/**
 * `synod/light`: the light client over whatever serves light blocks: nodes that are asked over libp2p WebSocket, with no HTTP, or over
 * both. Runs in Node and, bundled, in browsers.
 *
 * @module light
 */
export { type ChainFollower, type FollowRules, followProviders, httpProvider, type Trust } from '../client/follow-chain.ts'
export { peerReads, type ReadClient } from '../client/peer-reads.ts'
export { openPeerSources, type PeerSource, type PeerSources } from '../client/peer-source.ts'
export { createVerifiedReads, type VerifiedReads } from '../client/verified-reads.ts'
export type { LightProvider } from '../light/provider.ts'
