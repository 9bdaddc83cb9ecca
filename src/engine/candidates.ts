import type { DecodedTransaction } from '../application/application.ts'
import type { ProposedBlock } from '../chain/block.ts'
import type { Hash } from '../crypto/hash.ts'
import type { PeerId } from '../ports/network.ts'
import { assert } from '../primitives/assert.ts'
import { toHex } from '../primitives/bytes.ts'
import { ok, type Result } from '../primitives/result.ts'
import type { BatchExchange } from './batch-exchange.ts'
import { type BlockContext, checkAfterExecution, checkBeforeExecution, checkSize } from './block-rules.ts'
import type { Chain, ExecutedBlock } from './chain.ts'
import type { EvidencePool } from './evidence-pool.ts'
import type { Ports } from './ports.ts'

/**
 * The blocks that may be decided at the height in progress: their transactions, and what executing them gave. A block is executed once
 * a node and hash; a round that fails drops nothing that a later round could want, the end of the height drops everything.
 */
export interface Candidates {
  /** Remembers who has the block's batches for certain. */
  heardFrom(blockHash: Hash, peer: PeerId): void
  hold(blockHash: Hash, candidate: Candidate): void
  held(blockHash: Hash): Candidate | undefined
  /** Fetches, checks and executes. `undefined` when the height ended before the answer was known. */
  check(block: ProposedBlock, blockHash: Hash): Promise<Result<Candidate> | undefined>
  /** Executes again a block whose transactions this node's own log kept. */
  restore(block: ProposedBlock, blockHash: Hash, transactions: readonly DecodedTransaction[]): void
  /** Begins another height. */
  reset(): void
}

export interface Candidate {
  readonly transactions: readonly DecodedTransaction[]
  readonly executed: ExecutedBlock
}

export function createCandidates(options: {
  ports: Ports
  chain: Chain
  exchange: BatchExchange
  evidencePool: EvidencePool
  context: () => BlockContext
}): Candidates {
  const { chain, exchange, evidencePool } = options
  const { clock, telemetry, verifier } = options.ports
  let held = new Map<string, Candidate>()
  let sources = new Map<string, PeerId>()

  return {
    heardFrom(blockHash, peer) {
      if (sources.size < 64) sources.set(toHex(blockHash), peer)
    },
    hold: (blockHash, candidate) => void held.set(toHex(blockHash), candidate),
    held: (blockHash) => held.get(toHex(blockHash)),

    async check(block, blockHash) {
      const height = chain.tip().height
      const wanted = () => chain.tip().height === height
      const known = held.get(toHex(blockHash))
      if (known) return ok(known)
      const before = await checkBeforeExecution(block, options.context(), verifier)
      if (!before.ok) return before
      const evidence = await evidencePool.check(block.evidence, chain.state.reader())
      if (!evidence.ok) return evidence
      const resolved = await exchange.resolve(block.order, sources.get(toHex(blockHash)), wanted)
      if (!resolved || !wanted()) return undefined
      if (!resolved.ok) return resolved
      const fits = checkSize(block.header, resolved.value, options.context().limits)
      if (!fits.ok) return fits
      const startedAt = clock.monotonic()
      const { time, proposer } = block.header
      const { lastCommit } = block
      const executed = chain.execute({ time, proposer, lastCommit, evidence: block.evidence, transactions: resolved.value })
      telemetry.observe('synod_execution_seconds', (clock.monotonic() - startedAt) / 1000)
      const after = checkAfterExecution(block.header, executed)
      if (!after.ok) return after
      const candidate = { transactions: resolved.value, executed }
      held.set(toHex(blockHash), candidate)
      return ok(candidate)
    },

    restore(block, blockHash, transactions) {
      const { time, proposer } = block.header
      const { lastCommit, evidence } = block
      const executed = chain.execute({ time, proposer, lastCommit, evidence, transactions })
      assert(checkAfterExecution(block.header, executed).ok, 'a block from our own log executes as it did before')
      held.set(toHex(blockHash), { transactions, executed })
    },

    reset() {
      held = new Map()
      sources = new Map()
    },
  }
}
