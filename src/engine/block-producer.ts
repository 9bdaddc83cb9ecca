import type { Application, DecodedTransaction } from '../application/application.ts'
import { noCommitHash, orderHash, type ProposedBlock } from '../chain/block.ts'
import { commitHash } from '../chain/certificate.ts'
import type { ChainSpec, Limits } from '../chain/chain-spec.ts'
import { evidenceHash } from '../chain/evidence.ts'
import type { ConsensusKey } from '../chain/identifiers.ts'
import { protocolVersionAt } from '../chain/protocol-version.ts'
import { validatorSetHash } from '../chain/validator-set.ts'
import type { Hash } from '../crypto/hash.ts'
import type { BatchPool } from '../mempool/batch-pool.ts'
import type { Mempool } from '../mempool/mempool.ts'
import type { Chain, ExecutedBlock } from './chain.ts'
import type { EvidencePool } from './evidence-pool.ts'

/** A block this node would propose on top of its tip, executed already: its header carries its own results. */
export interface ProducedBlock {
  readonly block: ProposedBlock
  readonly transactions: readonly DecodedTransaction[]
  readonly executed: ExecutedBlock
}

export function produceBlock(options: {
  chain: Chain
  application: Application
  spec: ChainSpec
  limits: Limits
  parametersHash: Hash
  mempool: Mempool
  pool: BatchPool
  evidencePool: EvidencePool
  proposer: ConsensusKey
  now: number
}): ProducedBlock {
  const { chain, parametersHash, proposer, evidencePool } = options
  const tip = chain.tip()
  const { order, transactions } = options.pool.order(choose(options))
  const time = Math.max(options.now, tip.time + 1)
  const evidence = evidencePool.pending()
  const executed = chain.execute({ time, proposer, lastCommit: tip.commit, evidence, transactions })
  const header = {
    version: protocolVersionAt(options.spec, tip.height + 1),
    chainId: chain.chainId,
    height: tip.height + 1,
    time,
    previousHash: tip.hash,
    previousCommitHash: tip.commit ? commitHash(tip.commit) : noCommitHash,
    transactionsRoot: executed.transactionsRoot,
    validatorsHash: validatorSetHash(tip.validators),
    nextValidatorsHash: executed.nextValidatorsHash,
    parametersHash,
    appHash: executed.appHash,
    resultsHash: executed.resultsRoot,
    orderHash: orderHash(order),
    evidenceHash: evidenceHash(evidence),
    proposer,
  }
  return { block: { header, lastCommit: tip.commit, evidence, order }, transactions, executed }
}

/** By fee, as the mempool orders them, within the chain's limits; the application may reorder and drop. */
function choose(options: {
  chain: Chain
  application: Application
  limits: Limits
  mempool: Mempool
}): readonly DecodedTransaction[] {
  const { chain, application, limits, mempool } = options
  const height = chain.tip().height + 1
  const candidates = mempool.select({
    transactions: limits.block_transactions_max,
    bytes: limits.block_bytes_max,
    height,
  })
  return application.prepareProposal?.(candidates, { state: chain.state.reader(), height }) ?? candidates
}
