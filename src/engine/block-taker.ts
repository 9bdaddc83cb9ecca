import type { DecodedTransaction } from '../application/application.ts'
import { type Block, blockHash } from '../chain/block.ts'
import type { CertifiedBlock } from '../chain/block-message.ts'
import type { Commit } from '../chain/certificate.ts'
import { verifyCommit } from '../chain/light-verification.ts'
import type { Verifier } from '../ports/verifier.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { type Result, reject } from '../primitives/result.ts'
import { type BlockContext, checkAfterExecution, checkBeforeExecution, checkParts } from './block-rules.ts'
import type { Candidate } from './candidates.ts'
import type { Chain } from './chain.ts'
import type { EvidencePool } from './evidence-pool.ts'
import type { TransactionIntake } from './transaction-intake.ts'

/**
 * Takes final blocks from outside, in two steps. Whether the block is final and whole is the sender's word, checked against the
 * certificate. After that nobody can be lying but more than two thirds of the stake: a certified block that does not hold here means
 * that this node's state or software is not the chain's, and it must not go on.
 */
export interface BlockTaker {
  /** Whether this is the block of its height, whole; decided by the validators of the next height. */
  certify(certified: CertifiedBlock): Promise<Result<void>>
  /** Executes and stores a certified block on top of the tip. Throws STATE_DIVERGED. */
  take(certified: CertifiedBlock): Promise<void>
}

export interface BlockTakerOptions {
  readonly chain: Chain
  readonly verifier: Verifier
  readonly intake: TransactionIntake
  readonly evidencePool: EvidencePool
  readonly context: () => BlockContext
  readonly onFinal: (block: Block, commit: Commit, candidate: Candidate) => void
}

export function createBlockTaker(options: BlockTakerOptions): BlockTaker {
  const { chain, verifier, intake, evidencePool } = options

  /** What the block becomes here, or why it cannot. */
  async function execute(block: Block): Promise<Result<Candidate>> {
    const { header, evidence } = block
    const before = await checkBeforeExecution(block, options.context(), verifier)
    if (!before.ok) return before
    const punishable = await evidencePool.check(evidence, chain.state.reader())
    if (!punishable.ok) return punishable
    const transactions: DecodedTransaction[] = []
    for (const answer of await intake.verify(block.transactions)) {
      if (!answer.ok) return answer
      transactions.push(answer.value)
    }
    const executed = chain.execute({ time: header.time, proposer: header.proposer, evidence, transactions })
    const after = checkAfterExecution(header, executed)
    return after.ok ? { ok: true, value: { transactions, executed } } : after
  }

  return {
    async certify({ block, commit }) {
      const { header } = block
      if (commit.height !== header.height || !bytesEqual(commit.blockHash, blockHash(header))) {
        return reject('SYNC_WRONG_COMMIT', `at height ${header.height}`)
      }
      const whole = checkParts(block)
      return whole.ok ? verifyCommit(chain.chainId, commit, chain.tip().validators, verifier.bls) : whole
    },

    async take({ block, commit }) {
      const candidate = await execute(block)
      if (!candidate.ok) {
        const { code, detail } = candidate.error
        throw new OperationalError(
          'STATE_DIVERGED',
          `Block ${block.header.height} is final and does not hold here: ${code}, ${detail}.`,
        )
      }
      await chain.commit(block, commit, candidate.value.executed)
      options.onFinal(block, commit, candidate.value)
    },
  }
}
