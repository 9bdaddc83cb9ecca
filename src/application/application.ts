import type { ChangedParameter } from '../chain/changed-parameters.ts'
import type { Evidence } from '../chain/evidence.ts'
import type { Address, ConsensusKey, ConsensusSignature } from '../chain/identifiers.ts'
import type { Validator, ValidatorSet } from '../chain/validator-set.ts'
import { bytes, type Infer, list, struct, text, uint } from '../codec/schema.ts'
import type { Hash } from '../crypto/hash.ts'
import type { SignatureItem } from '../crypto/verified.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { Result } from '../primitives/result.ts'
import type { StateOverlay, StateReader, StateWriter } from './state.ts'

/**
 * A deterministic state machine, in process. Names follow ABCI 2 where the meaning does. Every method must give the same answer on
 * every node: no clock, no chance, no I/O; the simulator poisons them. `Content` is whatever a decoded transaction is to it.
 */
export interface Application<Content = unknown> {
  readonly name: string

  /** Once, at genesis: writes the first state. `appState` is the application's own part of the chain spec. */
  initChain(request: InitChainRequest, state: StateWriter): void

  /** Stateless: the bytes' meaning, or why they have none. Called once a transaction and node; the answer is kept. */
  decodeTransaction(encoded: Bytes): Result<TransactionContent<Content>>

  /**
   * Whether the transaction could execute on this state, its turn taken. Guards the mempool; decides nothing. Of a transaction with a
   * sender it also tells how the sender stands.
   */
  checkTx(transaction: DecodedTransaction<Content>, context: CheckContext): Result<SenderStanding | undefined>

  /** The nonce a sender's next transaction must have. Needed by applications whose transactions have senders. */
  nextNonce?(sender: string, state: StateReader): number

  /** Optional: reorders or drops what the mempool offers; may not add. */
  prepareProposal?(
    candidates: readonly DecodedTransaction<Content>[],
    context: CheckContext,
  ): readonly DecodedTransaction<Content>[]

  /** Executes a block on an overlay, by proposer and validators alike, before anyone votes. One result a transaction, in order. */
  executeBlock(request: ExecuteBlockRequest<Content>, state: StateOverlay): ExecuteBlockResponse

  /**
   * Optional: rules of the chain spec's tables [consensus] and [limits] that hold with another value for the block after this state. Which
   * may change at all says `changed-parameters.ts`; others are passed over.
   */
  chainChanges?(state: StateReader): readonly ChangedParameter[]

  /**
   * Optional: the stake behind a network key (Ed25519, 32 bytes) that its owner delegated on chain, in units of the application's own;
   * 0n where there is none, or too little to count. A peer that proves the key is let in where others have to wait. Never part of a
   * block; read from the latest final state.
   */
  stakeOfNetworkKey?(state: StateReader, networkKey: Bytes): bigint

  /**
   * Optional: how a validator that came after genesis has proved that it knows its secret key, as `registration.ts` has it. Light
   * clients skip over changes of validators with it, and take the longer way without. Read from the latest final state.
   */
  possessionOf?(
    consensusKey: ConsensusKey,
    state: StateReader,
  ): { readonly operator: Address; readonly proof: ConsensusSignature } | undefined

  /** Optional: reads for the API. */
  query?(path: string, data: Bytes, state: StateReader): Result<Bytes>
}

export interface InitChainRequest {
  readonly chainId: Hash
  readonly time: number
  readonly validators: readonly Validator[]
  readonly appState: unknown
}

/** What the node must know of a transaction, and what the application made of it. */
export interface TransactionContent<Content = unknown> {
  /** Orders a sender's transactions. Absent: the application has no senders, each transaction stands alone. */
  readonly sender?: { readonly key: string; readonly nonce: number }
  /** Priority: base units offered per transaction. */
  readonly fee: bigint
  /** The most it may take from its sender, fee included. Absent: no sender's means are limited. */
  readonly spends?: bigint
  /** Last height at which it may stand in a block. */
  readonly expiryHeight: number
  /** Checked by the node, in batches, before anything else; a block with a bad one is invalid as a whole. */
  readonly signatures: readonly SignatureItem[]
  readonly content: Content
}

export interface DecodedTransaction<Content = unknown> extends TransactionContent<Content> {
  readonly id: Hash
  readonly encoded: Bytes
}

/** What the state says of a sender, for the mempool to keep its transactions in their order and within its means. */
export interface SenderStanding {
  readonly nextNonce: number
  /** All that its waiting transactions may spend together. Absent: not limited. */
  readonly funds?: bigint
}

export interface CheckContext {
  readonly state: StateReader
  /** Height of the block the transaction could enter next. */
  readonly height: number
}

export interface ExecuteBlockRequest<Content = unknown> {
  readonly height: number
  readonly time: number
  readonly proposer: ConsensusKey
  readonly validators: ValidatorSet
  /** Who signed the block before this one, as this block itself says it. Absent at height 1. */
  readonly lastCommit: LastCommit | undefined
  readonly evidence: readonly Evidence[]
  readonly transactions: readonly DecodedTransaction<Content>[]
}

/** The commit a block carries, as far as an application may build on it: every node that executes the block is told the same. */
export interface LastCommit {
  /** In which the block before was decided. */
  readonly round: number
  /** Who decided it. */
  readonly validators: ValidatorSet
  /** Whose precommits the commit holds: a bitmap over `validators`, more than two thirds of their power. */
  readonly signers: Bytes
}

export interface ExecuteBlockResponse {
  readonly results: readonly TransactionResult[]
  /** New powers from the next height on; power 0 removes. Keys not named keep theirs. */
  readonly validatorUpdates: readonly Validator[]
}

export const eventSchema = struct('Event', {
  type: text({ max: 64 }),
  attributes: list(struct('Attribute', { key: text({ max: 64 }), value: text({ max: 256 }) }), { max: 16 }),
})
export type Event = Infer<typeof eventSchema>

/** Part of the results root. Code 0: executed; any other, the application's own reason why it had no effect. */
export const transactionResultSchema = struct('TransactionResult', {
  code: uint({ max: 0xffff }),
  data: bytes({ max: 1024 }),
  events: list(eventSchema, { max: 64 }),
})
export type TransactionResult = Infer<typeof transactionResultSchema>
