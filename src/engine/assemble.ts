import type { Application } from '../application/application.ts'
import type { Block } from '../chain/block.ts'
import type { Commit } from '../chain/certificate.ts'
import { type ChainSpec, chainIdOf, parametersHash } from '../chain/chain-spec.ts'
import { genesisOf } from '../chain/genesis.ts'
import { batchBytesMax, batchTransactionsMax } from '../chain/limits.ts'
import { indexOfValidator } from '../chain/validator-set.ts'
import { createTendermint } from '../consensus/tendermint/tendermint.ts'
import { createBatchPacker } from '../mempool/batch-packer.ts'
import { type BatchPoolLimits, createBatchPool } from '../mempool/batch-pool.ts'
import { createMempool } from '../mempool/mempool.ts'
import type { MempoolLimits } from '../mempool/mempool-limits.ts'
import { createBatchExchange } from './batch-exchange.ts'
import { produceBlock } from './block-producer.ts'
import type { BlockContext } from './block-rules.ts'
import { createBlockSync } from './block-sync.ts'
import { type Candidate, createCandidates } from './candidates.ts'
import { openChain } from './chain.ts'
import { createConsensusGossip } from './consensus-gossip.ts'
import { openConsensusLog } from './consensus-log.ts'
import { createConsensusRunner } from './consensus-runner.ts'
import { createDialer } from './dialer.ts'
import { createEvidencePool } from './evidence-pool.ts'
import { openGuardedSigner } from './guarded-signer.ts'
import { createHandshake } from './handshake.ts'
import { createNodeEvents } from './node-events.ts'
import { findTransaction, proveState, queryApplication } from './node-queries.ts'
import { createPeerDesk } from './peer-desk.ts'
import type { Ports } from './ports.ts'
import { createSigningGate } from './signing-gate.ts'
import type { SynodNode } from './synod-node.ts'
import { createTransactionIntake } from './transaction-intake.ts'

/** What the operator of one node decides; everything else is the chain's. */
export interface NodeOptions {
  readonly spec: ChainSpec
  readonly application: Application
  /** Addresses this node keeps connections to. */
  readonly peers: readonly string[]
  readonly mempool: MempoolLimits
  readonly batchPool: BatchPoolLimits
  readonly stateVersionsKept: number
  /** How long a validator listens for its own double before it signs, ms. Not waited for on a chain without blocks. */
  readonly doppelgangerWaitMs: number
  readonly agent: string
}

/**
 * Makes a node of its ports: the same in production, in tests and in the simulator. It returns when the node is listening; the disk,
 * the keys and the network have been proved to work by then.
 */
export async function assemble(ports: Ports, options: NodeOptions): Promise<SynodNode> {
  const { clock, disk, network, telemetry, verifier } = ports
  const { spec, application } = options
  const chainId = chainIdOf(spec)
  const genesis = genesisOf(spec)
  const store = await disk.openStore('chain')
  const chain = await openChain({ store, spec, chainId, application, genesis, stateVersionsKept: options.stateVersionsKept })
  const log = await openConsensusLog(disk, application)
  const signer = ports.signer && (await openGuardedSigner({ signer: ports.signer, disk, chainId }))
  const core = createTendermint(spec.consensus, chainId)
  const mempool = createMempool(options.mempool)
  const pool = createBatchPool(options.batchPool)
  const packer = createBatchPacker({ bytesMax: batchBytesMax, transactionsMax: batchTransactionsMax })
  const events = createNodeEvents()
  const gate = createSigningGate(clock, chain.tip().height === 0 ? 0 : options.doppelgangerWaitMs)
  const context = (): BlockContext => ({ chainId, parametersHash: parametersHash(spec), tip: chain.tip() })
  const evidencePool = createEvidencePool({
    chainId,
    verifier,
    ageBlocksMax: spec.limits.evidence_age_blocks,
    height: () => chain.tip().height,
    state: () => chain.state.reader(),
  })
  const intake = createTransactionIntake({
    application,
    chain,
    mempool,
    verifier,
    telemetry,
    transactionBytesMax: spec.limits.transaction_bytes_max,
    known: (id) => mempool.get(id) ?? pool.transaction(id),
  })
  let stopping: Promise<void> | undefined

  function fail(error: unknown): void {
    if (stopping) return
    const message = error instanceof Error ? error.message : String(error)
    telemetry.log('error', 'the node cannot go on', { error: error instanceof Error ? (error.stack ?? message) : message })
    gate.shut(message)
    events.emit({ type: 'fault', message })
  }

  function onFinal(block: Block, commit: Commit, candidate: Candidate): void {
    const { height } = block.header
    const ids = candidate.executed.ids
    const nonces = new Map<string, number>()
    const state = chain.state.reader()
    for (const { sender } of candidate.transactions) {
      if (sender && application.nextNonce) nonces.set(sender.key, application.nextNonce(sender.key, state))
    }
    mempool.committed({ height, transactions: candidate.transactions, nonces })
    pool.committed({ height, ids })
    evidencePool.committed(block.evidence, height)
    telemetry.gauge('synod_consensus_height', height)
    telemetry.count('synod_transactions_total', ids.length)
    telemetry.gauge('synod_mempool_transactions', mempool.size)
    telemetry.gauge('synod_mempool_bytes', mempool.bytes)
    events.emit({ type: 'block', block, commit, hash: chain.tip().hash, results: candidate.executed.results, ids })
    desk.announce(block, commit)
  }

  const exchange = createBatchExchange({
    ports,
    intake,
    packer,
    pool,
    height: () => chain.tip().height,
    onAvailable: () => runner.deliver({ type: 'transactions-available' }),
    onLost: (ids) => mempool.remove(ids),
    onRejection: (peer, rejection) => desk.reject(peer, rejection),
  })
  const candidates = createCandidates({
    chain,
    exchange,
    evidencePool,
    verifier,
    context,
    onExecuted: (startedAt) => telemetry.observe('synod_execution_seconds', (clock.monotonic() - startedAt) / 1000),
    monotonic: () => clock.monotonic(),
  })
  const runner = createConsensusRunner({
    ports,
    chain,
    core,
    parameters: spec.consensus,
    genesisTime: genesis.time,
    log,
    candidates,
    gate,
    signer,
    produce: () => {
      exchange.flush()
      const proposer = signer?.publicKey as Uint8Array
      return produceBlock({
        chain,
        application,
        spec,
        parametersHash: parametersHash(spec),
        mempool,
        pool,
        evidencePool,
        proposer,
        now: clock.now(),
      })
    },
    hasWork: () => mempool.size > 0 || evidencePool.pending().length > 0,
    broadcast: (message) => gossip.broadcast(message),
    onStep: () => {
      telemetry.gauge('synod_consensus_round', core.round)
      events.emit({ type: 'round', height: core.height, round: core.round, step: core.step })
    },
    onHeight: () => gossip.onHeight(),
    onInvalidBlock: (block, rejection) =>
      telemetry.log('warn', 'voting nil: the proposed block does not hold', {
        height: block.header.height,
        code: rejection.code,
        detail: rejection.detail,
      }),
    onAccusation: (evidence) => desk.accuse(evidence),
    onFinal,
    onFailure: fail,
  })
  const gossip = createConsensusGossip({
    ports,
    chain,
    core,
    candidates,
    deliver: (input) => runner.deliver(input),
    onPeerHeight: (peer, height) => sync.heard(peer, height),
    onRejection: (peer, rejection) => desk.reject(peer, rejection),
    onVote: (signed) => desk.watchForDouble(signed),
    onFailure: fail,
  })
  const sync = createBlockSync({
    ports,
    chain,
    application,
    intake,
    evidencePool,
    context,
    onBegin: () => runner.suspend(),
    onEnd: () => runner.resume(),
    onFinal,
    onRejection: (peer, rejection) => desk.reject(peer, rejection),
    onFailure: fail,
  })
  const handshake = createHandshake({ chain, network, agent: options.agent, validator: signer !== undefined })
  const dialer = createDialer(ports, options.peers)
  const desk = createPeerDesk({
    ports,
    chain,
    core,
    signer,
    gate,
    events,
    evidencePool,
    exchange,
    gossip,
    sync,
    handshake,
    dialer,
  })

  await network.start(desk.handlers)
  dialer.start()
  await runner.start()
  gossip.start()
  desk.judgeProgress()

  async function stop(): Promise<void> {
    dialer.stop()
    gossip.stop()
    sync.stop()
    exchange.stop()
    desk.stop()
    await runner.stop()
    await network.stop()
    await store.close()
  }

  return {
    chainId,
    spec,
    application,
    submit: (encoded) => exchange.submit(encoded),
    status() {
      const tip = chain.tip()
      const consensusKey = signer?.publicKey
      return {
        mode: sync.active ? 'block-sync' : 'consensus',
        height: tip.height,
        round: core.round,
        step: core.step,
        blockHash: tip.hash,
        appHash: chain.state.root,
        blockTime: tip.time,
        self: network.self,
        addresses: network.addresses(),
        validator: consensusKey && { consensusKey, active: indexOfValidator(tip.validators, consensusKey) !== undefined },
        signing: gate.open,
        fault: gate.fault,
      }
    },
    block: async (height) => chain.blocks.read(height)?.block,
    commit: async (height) => chain.blocks.read(height)?.commit,
    transaction: async (id) => findTransaction(chain, id),
    state: (key) => proveState(chain, key),
    query: (path, data) => queryApplication(application, chain, path, data),
    validators: () => chain.tip().validators,
    peers: () => desk.peers(),
    connect: (address) => network.connect(address),
    mempool: () => ({ transactions: mempool.size, bytes: mempool.bytes, batches: pool.size }),
    subscribe: (listener) => events.subscribe(listener),
    stop() {
      stopping ??= stop()
      return stopping
    },
  }
}
