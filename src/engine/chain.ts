import type { Application, DecodedTransaction, TransactionResult } from '../application/application.ts'
import { transactionResultSchema } from '../application/application.ts'
import { createOverlay } from '../application/overlay.ts'
import { type Block, transactionsRoot } from '../chain/block.ts'
import type { Commit } from '../chain/certificate.ts'
import type { ChainSpec } from '../chain/chain-spec.ts'
import type { Evidence } from '../chain/evidence.ts'
import { blockHash } from '../chain/header.ts'
import type { ChainId, ConsensusKey } from '../chain/identifiers.ts'
import { type Validator, type ValidatorSet, validatorSet, validatorSetHash } from '../chain/validator-set.ts'
import { encode } from '../codec/codec.ts'
import { uint } from '../codec/schema.ts'
import { initialPriorities, nextPriorities } from '../consensus/proposer.ts'
import type { Hash } from '../crypto/hash.ts'
import { merkleRoot } from '../crypto/merkle.ts'
import type { Store, StoreOperation } from '../ports/store.ts'
import { assert } from '../primitives/assert.ts'
import { type Bytes, bytesEqual, toHex } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { type BlockStore, type FinalBlock, openBlockStore } from './block-store.ts'
import { dataOfAnotherChain } from './genesis-lock.ts'
import type { StateVersion } from './state-records.ts'
import { openStateStore, type PreparedState, type StateStore } from './state-store.ts'
import { evidenceKey, isSystemKey, readSystemState, type SystemState, writeRetired, writeSystemState } from './system-state.ts'
import { mendValidatorHistory, openValidatorHistory, type ValidatorHistory, validatorsFrom } from './validator-history.ts'

/** The chain as far as it is final on this node, and the way to make it one block longer. */
export interface Chain {
  readonly chainId: ChainId
  readonly genesisRoot: Hash
  readonly blocks: BlockStore
  readonly state: StateStore
  /** Who decided which height. */
  readonly history: ValidatorHistory
  tip(): Tip
  /** Executes a block on top of the tip without keeping anything; may be done for several candidates of one height. */
  execute(request: ExecuteRequest): ExecutedBlock
  /** Makes a decided block final: block, index and state in one durable write. */
  commit(block: Block, commit: Commit, executed: ExecutedBlock): Promise<void>
  /** Goes on from a block and the state after it that were fetched, with `extra` operations; what there was before is forgotten. */
  adopt(final: FinalBlock, fetched: StateVersion, extra: readonly StoreOperation[]): Promise<void>
}

export interface Tip extends SystemState {
  readonly height: number
  readonly hash: Hash
  readonly time: number
  /** Absent before the first block. */
  readonly commit: Commit | undefined
}

export interface ExecuteRequest {
  readonly time: number
  readonly proposer: ConsensusKey
  /** The commit that the block carries, not one this node may hold besides: all must execute the same. */
  readonly lastCommit: Commit | undefined
  readonly evidence: readonly Evidence[]
  readonly transactions: readonly DecodedTransaction[]
  /** The root of their ids, where it was computed of these very transactions. */
  readonly checkedRoot?: Hash
}

export interface ExecutedBlock {
  readonly height: number
  readonly ids: readonly Hash[]
  readonly results: readonly TransactionResult[]
  /** The leaves of the results root. */
  readonly encodedResults: readonly Bytes[]
  readonly transactionsRoot: Hash
  readonly resultsRoot: Hash
  readonly appHash: Hash
  readonly nextValidatorsHash: Hash
  readonly system: SystemState
  readonly prepared: PreparedState
}

export interface ChainOptions {
  readonly store: Store
  readonly spec: ChainSpec
  readonly chainId: ChainId
  readonly application: Application
  readonly genesis: { readonly time: number; readonly validators: readonly Validator[]; readonly appState: unknown }
  readonly stateVersionsKept: number
  /** How many of the newest blocks stay; all of them unless given. */
  readonly blocksRetained?: number | undefined
  /** States at multiples of it are kept until they are let go; none unless given. */
  readonly snapshotInterval?: number | undefined
}

export async function openChain(options: ChainOptions): Promise<Chain> {
  const { store, chainId, application } = options
  const blocks = openBlockStore(store, { retained: options.blocksRetained })
  const pinEvery = options.snapshotInterval ?? 0
  const state = await openStateStore(store, { versionsKept: options.stateVersionsKept, pinEvery })
  const genesis = prepareGenesis(options, state)
  if (state.version < 0) await state.commit(genesis, 0)
  // A rollback that was interrupted has left blocks without their state.
  if ((await blocks.newest()) > state.version) await blocks.rollback(state.version)
  let tip = readTip(options, blocks, state)
  await mendValidatorHistory(store, tip)

  return {
    chainId,
    genesisRoot: genesis.root as Hash,
    blocks,
    state,
    history: openValidatorHistory(store),
    tip: () => tip,
    execute: (request) => execute(application, state, tip, request),
    async commit(block, commit, executed) {
      assert(executed.height === tip.height + 1 && block.header.height === executed.height, 'blocks are committed in order')
      const final = { block, commit, results: executed.encodedResults }
      const { system } = executed
      const changed = system.validators === tip.validators ? [] : [validatorsFrom(executed.height + 1, system.validators)]
      await state.commit(executed.prepared, executed.height, [...blocks.operations(final, executed.ids), ...changed])
      tip = { ...executed.system, height: executed.height, hash: blockHash(block.header), time: block.header.time, commit }
    },
    async adopt(final, fetched, extra) {
      const before = await blocks.newest()
      const first = blocks.oldest
      await state.replaceBy(fetched, [...blocks.beginning(final), ...extra])
      tip = readTip(options, blocks, state)
      await mendValidatorHistory(store, tip)
      await blocks.forget(first, Math.min(before, tip.height - 1))
    },
  }
}

/** The genesis state is computed at every start: its root belongs to the handshake. */
export function prepareGenesis(options: Omit<ChainOptions, 'store' | 'stateVersionsKept'>, state: StateStore): PreparedState {
  const { application, chainId, genesis } = options
  const overlay = createOverlay({ get: () => undefined })
  application.initChain({ chainId, time: genesis.time, validators: genesis.validators, appState: genesis.appState }, overlay)
  const validators = validatorSet(genesis.validators)
  writeSystemState(overlay, { validators, lastValidators: validators, priorities: initialPriorities(validators) })
  return state.prepareGenesis(overlay.changes())
}

function readTip(options: ChainOptions, blocks: BlockStore, state: StateStore): Tip {
  const system = readSystemState(state.reader())
  if (state.version === 0) return { ...system, height: 0, hash: options.chainId, time: options.genesis.time, commit: undefined }
  const newest = blocks.read(state.version)
  if (!newest) throw new OperationalError('STORE_CORRUPT', `The state of height ${state.version} has no block.`)
  const { header } = newest.block
  if (!bytesEqual(header.chainId, options.chainId)) throw dataOfAnotherChain(header.chainId, options.chainId)
  return { ...system, height: header.height, hash: blockHash(header), time: header.time, commit: newest.commit }
}

function execute(application: Application, state: StateStore, tip: Tip, request: ExecuteRequest): ExecutedBlock {
  const { transactions, time, proposer, evidence, lastCommit: commit } = request
  const height = tip.height + 1
  const overlay = createOverlay(state.reader())
  const lastCommit = commit && { round: commit.round, signers: commit.signers, validators: tip.lastValidators }
  const response = application.executeBlock(
    { height, time, proposer, lastCommit, evidence, transactions, validators: tip.validators },
    overlay,
  )
  assert(response.results.length === transactions.length, `application ${application.name} owes one result a transaction`)
  const changes = overlay.changes()
  assert(!changes[0] || !isSystemKey(changes[0][0]), `application ${application.name} wrote a reserved key`)
  const system = nextSystemState(tip, response.validatorUpdates)
  const systemOverlay = createOverlay(overlay)
  writeSystemState(systemOverlay, system)
  writeRetired(systemOverlay, tip.validators, system.validators, height)
  for (const piece of evidence) systemOverlay.set(evidenceKey(piece), encode(uint(), height))
  const prepared = state.prepare([...systemOverlay.changes(), ...changes])
  const ids = transactions.map((transaction) => transaction.id)
  const encodedResults = response.results.map((result) => encode(transactionResultSchema, result))
  return {
    height,
    ids,
    results: response.results,
    encodedResults,
    transactionsRoot: request.checkedRoot ?? transactionsRoot(ids),
    resultsRoot: merkleRoot(encodedResults),
    appHash: prepared.root as Hash,
    nextValidatorsHash: validatorSetHash(system.validators),
    system,
    prepared,
  }
}

function nextSystemState(tip: Tip, updates: readonly Validator[]): SystemState {
  const validators = updates.length === 0 ? tip.validators : updatedSet(tip.validators, updates)
  return { validators, lastValidators: tip.validators, priorities: nextPriorities(tip.validators, tip.priorities, validators) }
}

/** A set that would be empty stays as it is: a chain without validators could never decide anything again. */
function updatedSet(set: ValidatorSet, updates: readonly Validator[]): ValidatorSet {
  const byKey = new Map(set.validators.map((validator) => [toHex(validator.consensusKey), validator]))
  for (const update of updates) byKey.set(toHex(update.consensusKey), update)
  const remaining = [...byKey.values()].filter((validator) => validator.power > 0n)
  return remaining.length === 0 ? set : validatorSet(remaining)
}
