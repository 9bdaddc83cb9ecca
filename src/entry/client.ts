/**
 * `synod/client`: a node's HTTP API, typed, and the checks that make its answers worth believing. Runs in Node and in browsers.
 *
 * @module client
 */
export type { StateProof } from '../application/state-tree/proof.ts'
export { type Client, type ClientOptions, createClient } from '../client/client.ts'
export { ClientError } from '../client/client-error.ts'
export { type ChainFollower, type FollowOptions, followChain, type Trust } from '../client/follow-chain.ts'
export { bytesFromView } from '../client/from-view.ts'
export type { OperatorClient } from '../client/operator-client.ts'
export type { BansView, NetView, StandingView, TraceView, TrafficView } from '../client/operator-views.ts'
export { readTrust } from '../client/read-trust.ts'
export { type AttackReport, reportAttack } from '../client/report-attack.ts'
export { createVerifiedReads, type VerifiedReads } from '../client/verified-reads.ts'
export { verifiedHeader, verifyAccount, verifyState, verifyTransaction } from '../client/verify.ts'
export type {
  AccountView,
  BlockView,
  ChainView,
  CommitView,
  EventView,
  EvidenceView,
  HeaderView,
  LightBlockView,
  MempoolView,
  PeersView,
  QueryView,
  StateView,
  StatusView,
  SubmissionView,
  TransactionView,
  ValidatorsView,
} from '../client/views.ts'
export { toHex, utf8 } from '../primitives/bytes.ts'
