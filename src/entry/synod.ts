/**
 * `synod`: what it takes to write an application, and to make a node of it.
 *
 * @module synod
 */
export type {
  Application,
  CheckContext,
  DecodedTransaction,
  Event,
  ExecuteBlockRequest,
  ExecuteBlockResponse,
  InitChainRequest,
  LastCommit,
  SenderStanding,
  TransactionContent,
  TransactionResult,
} from '../application/application.ts'
export { type LedgerOptions, ledgerApplication } from '../application/ledger/ledger-application.ts'
export type { StateOverlay, StateReader, StateWriter } from '../application/state.ts'
export type { ChainSpec } from '../chain/chain-spec.ts'
export { decode, encode } from '../codec/codec.ts'
export {
  bool,
  bytes,
  type Infer,
  list,
  literal,
  optional,
  type Schema,
  struct,
  text,
  u64,
  uint,
  variant,
} from '../codec/schema.ts'
export { assemble } from '../engine/assemble.ts'
export type { NodeOptions } from '../engine/foundation.ts'
export type { Ports } from '../engine/ports.ts'
export type { NodeEvent, NodeMode, NodeStatus, SynodNode } from '../engine/synod-node.ts'
export type { ApplicationMaker } from '../node/config/application-module.ts'
export { type Bytes, bytesEqual, concatBytes, fromHex, toHex, utf8 } from '../primitives/bytes.ts'
export type { OperationalCode, RejectionCode } from '../primitives/error-catalogue.ts'
export { OperationalError } from '../primitives/operational-error.ts'
export { ok, type Rejection, type Result, reject } from '../primitives/result.ts'
