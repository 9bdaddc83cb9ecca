import type { ProposedBlock } from '../chain/block.ts'
import { blockHash } from '../chain/header.ts'
import type { Input } from '../consensus/tendermint/input.ts'
import type { Tendermint } from '../consensus/tendermint/tendermint.ts'
import type { Hash } from '../crypto/hash.ts'
import type { Rejection } from '../primitives/result.ts'
import type { ProducedBlock } from './block-producer.ts'
import type { Candidates } from './candidates.ts'
import type { Chain } from './chain.ts'
import type { ConsensusLog } from './consensus-log.ts'
import type { Ports } from './ports.ts'
import type { SigningGate } from './signing-gate.ts'
import { whenVerifierIsFree } from './verifier-busy.ts'

/**
 * Answers the core's wishes for a block and for a verdict on one. The body of every block this node says yes to is in the log before
 * the yes is: whoever signed for a block can serve it after a crash.
 */
export interface BlockWork {
  build(height: number, round: number): Promise<void>
  check(block: ProposedBlock, hash: Hash): Promise<void>
}

export interface BlockWorkOptions {
  readonly ports: Ports
  readonly chain: Chain
  readonly core: Tendermint
  readonly log: ConsensusLog
  readonly candidates: Candidates
  readonly gate: SigningGate
  readonly produce: () => ProducedBlock
  readonly onInvalidBlock: (block: ProposedBlock, rejection: Rejection) => void
  readonly deliver: (input: Input) => void
}

export function createBlockWork(options: BlockWorkOptions): BlockWork {
  const { chain, core, log, candidates, deliver } = options
  const { clock, telemetry } = options.ports
  const isInProgress = (height: number): boolean => core.height === height && chain.tip().height === height - 1

  return {
    async build(height, round) {
      if (!(await options.gate.passed()) || !isInProgress(height)) return
      const startedAt = clock.monotonic()
      const { block, transactions, executed } = options.produce()
      telemetry.observe('synod_execution_seconds', (clock.monotonic() - startedAt) / 1000)
      const hash = blockHash(block.header)
      candidates.hold(hash, { transactions, executed })
      log.appendBody(height, hash, transactions)
      deliver({ type: 'block-built', round, block })
    },

    async check(block, hash) {
      const { height } = block.header
      const inProgress = () => isInProgress(height)
      const result = await whenVerifierIsFree(clock, inProgress, () => candidates.check(block, hash))
      if (!result || !inProgress()) return
      if (result.ok) log.appendBody(height, hash, result.value.transactions)
      else options.onInvalidBlock(block, result.error)
      deliver({ type: 'block-checked', blockHash: hash, valid: result.ok })
    },
  }
}
