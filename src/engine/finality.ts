import type { Application } from '../application/application.ts'
import type { Block } from '../chain/block.ts'
import type { Commit } from '../chain/certificate.ts'
import type { ChainSpec } from '../chain/chain-spec.ts'
import type { BatchPool } from '../mempool/batch-pool.ts'
import type { Mempool } from '../mempool/mempool.ts'
import type { LogLevel } from '../ports/telemetry.ts'
import type { Breakdown } from './breakdown.ts'
import type { Candidate } from './candidates.ts'
import type { Chain } from './chain.ts'
import type { EvidencePool } from './evidence-pool.ts'
import type { NodeEvents } from './node-events.ts'
import type { Ports } from './ports.ts'
import { upgradeNeeded } from './upgrade-watch.ts'

/** What follows from a final block on this node, whoever brought it: pools let go of what it holds, and listeners hear of it. */
export type Finality = (block: Block, commit: Commit, candidate: Candidate, level?: LogLevel) => void

export function createFinality(options: {
  ports: Ports
  application: Application
  chain: Chain
  mempool: Mempool
  pool: BatchPool
  evidencePool: EvidencePool
  events: NodeEvents
  spec: ChainSpec
  /** The newest version of the chain's protocol this program knows. */
  protocolVersion: number
  breakdown: Breakdown
}): Finality {
  const { application, chain, mempool, pool, evidencePool, events } = options
  const { clock, telemetry } = options.ports
  let previousAt: number | undefined

  function nextNonces({ transactions }: Candidate): Map<string, number> {
    const nonces = new Map<string, number>()
    const state = chain.state.reader()
    for (const { sender } of transactions) {
      if (!sender || !application.nextNonce || nonces.has(sender.key)) continue
      nonces.set(sender.key, application.nextNonce(sender.key, state))
    }
    return nonces
  }

  function report({ header, transactions }: Block, { round }: Commit, level: LogLevel): void {
    const now = clock.monotonic()
    const intervalMs = previousAt === undefined ? undefined : Math.round(now - previousAt)
    if (previousAt !== undefined) telemetry.observe('synod_consensus_block_interval_seconds', (now - previousAt) / 1000)
    previousAt = now
    telemetry.gauge('synod_consensus_height', header.height)
    telemetry.count('synod_consensus_rounds_total', round)
    telemetry.count('synod_transactions_total', transactions.length)
    telemetry.gauge('synod_mempool_transactions', mempool.size)
    telemetry.gauge('synod_mempool_bytes', mempool.bytes)
    telemetry.log(level, 'final', { height: header.height, transactions: transactions.length, round, ms: intervalMs })
  }

  return (block, commit, candidate, level = 'info') => {
    const { height } = block.header
    const { ids, results } = candidate.executed
    mempool.committed({ height, transactions: candidate.transactions, nonces: nextNonces(candidate) })
    pool.committed({ height, ids })
    evidencePool.committed(block.evidence, height)
    report(block, commit, level)
    // A program that does not know the rules of the next block ends with this one.
    const outdated = upgradeNeeded(options.spec, height + 1, options.protocolVersion)
    if (outdated) options.breakdown.fail(outdated)
    events.emit({ type: 'block', block, commit, hash: commit.blockHash, results, ids })
  }
}
