import type { DecodedTransaction } from '../application/application.ts'
import type { Block } from '../chain/block.ts'
import type { Commit } from '../chain/certificate.ts'
import type { Hash } from '../crypto/hash.ts'
import type { PeerId } from '../ports/network.ts'
import { createBoundedQueue } from '../primitives/bounded-queue.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import type { Rejection, Result } from '../primitives/result.ts'
import { type BlockContext, checkAfterExecution, checkRules } from './block-rules.ts'
import type { Candidate } from './candidates.ts'
import type { Chain } from './chain.ts'
import type { EvidencePool } from './evidence-pool.ts'
import type { Ports } from './ports.ts'
import type { TransactionIntake } from './transaction-intake.ts'
import { upgradeMissed } from './upgrade-watch.ts'
import { whenVerifierIsFree } from './verifier-busy.ts'

/**
 * Executes certified blocks, one after another, while the signatures of the next are checked. A certified block that does not hold here
 * means that this node's state or software is not the chain's, since nobody can be lying but more than two thirds of the stake: the node
 * must not go on.
 */
export interface BlockTaker {
  /** A certified, whole block: the next, or one that consensus has decided meanwhile, which is passed over. */
  push(certified: TakenBlock): void
  /** Resolves when no block is being executed or written any more. */
  stop(): Promise<void>
}

export interface TakenBlock {
  readonly block: Block
  /** Of its transactions, in order: that they are those the header names has been checked. */
  readonly ids: readonly Hash[]
  readonly commit: Commit
  /** Who brought it. */
  readonly peer: PeerId
}

export interface BlockTakerOptions {
  readonly ports: Pick<Ports, 'clock' | 'telemetry'>
  readonly chain: Chain
  readonly intake: TransactionIntake
  readonly evidencePool: EvidencePool
  readonly context: () => BlockContext
  /** The newest version of the chain's protocol this program knows. */
  readonly protocolVersion: number
  /** Called before the first block is taken. Resolves when consensus leaves the chain alone. */
  readonly onBegin: () => Promise<void>
  readonly whenDurable: (then: () => void) => void
  readonly onFinal: (block: Block, commit: Commit, candidate: Candidate) => void
  /** The chain is one block longer, or was already. */
  readonly onTaken: (taken: TakenBlock) => void
  /** STATE_DIVERGED, or the machine failed. */
  readonly onFailure: (error: unknown) => void
}

/** Blocks whose signatures are being checked at once: enough for all cores, and for the pauses between small blocks. */
const inCheckMax = 8
/** More than the plan hands on before they are executed. */
const waitingMax = 1 << 16
/** A vote, or a timer, waits no longer than this for blocks that are taken one after another. */
const sliceMs = 8

interface Waiting extends TakenBlock {
  transactions?: Promise<readonly Result<DecodedTransaction>[] | undefined>
}

export function createBlockTaker(options: BlockTakerOptions): BlockTaker {
  const { chain, intake, evidencePool } = options
  const { clock, telemetry } = options.ports
  const waiting = createBoundedQueue<Waiting>(waitingMax)
  const inCheck: Waiting[] = []
  let running: Promise<void> | undefined
  let stopped = false
  let sliceBegan = 0

  /** Keeps the verifier at work on the blocks to come. */
  function checkAhead(): void {
    while (inCheck.length < inCheckMax) {
      const next = waiting.shift()
      if (!next) return
      next.transactions = whenVerifierIsFree(
        clock,
        () => !stopped,
        () => intake.verify(next.block.transactions, next.ids),
      )
      // Awaited in its turn; until then its failure is not unhandled.
      next.transactions.catch(() => undefined)
      inCheck.push(next)
    }
  }

  async function run(): Promise<void> {
    await options.onBegin()
    sliceBegan = clock.monotonic()
    for (checkAhead(); inCheck.length > 0 && !stopped; checkAhead()) {
      const next = inCheck[0] as Waiting
      if (clock.monotonic() - sliceBegan > sliceMs) await pause()
      await take(next)
      inCheck.shift()
      if (!stopped) options.onTaken(next)
    }
  }

  async function pause(): Promise<void> {
    await new Promise<void>((resume) => clock.schedule(0, resume))
    sliceBegan = clock.monotonic()
  }

  async function take({ block, commit, transactions }: Waiting): Promise<void> {
    const answers = await transactions
    const { height } = block.header
    if (stopped || !answers || height <= chain.tip().height) return
    const candidate = await execute(block, answers)
    if (!candidate.ok) throw divergence(block.header, candidate.error, options.protocolVersion)
    await chain.commit(block, commit, candidate.value.executed)
    telemetry.count('synod_sync_blocks_total')
    // Nobody is told of a block that a power failure could take back.
    options.whenDurable(() => options.onFinal(block, commit, candidate.value))
  }

  /** What the block becomes here, or why it cannot. */
  async function execute(block: Block, answers: readonly Result<DecodedTransaction>[]): Promise<Result<Candidate>> {
    const { header, lastCommit, evidence } = block
    const held = checkRules(block, options.context())
    if (!held.ok) return held
    if (evidence.length > 0) {
      const punishable = await evidencePool.check(evidence, chain.state.reader())
      if (!punishable.ok) return punishable
    }
    const transactions: DecodedTransaction[] = []
    for (const answer of answers) {
      if (!answer.ok) return answer
      transactions.push(answer.value)
    }
    const { transactionsRoot: checkedRoot } = header
    const executed = chain.execute({ ...header, lastCommit, evidence, transactions, checkedRoot })
    const after = checkAfterExecution(header, executed)
    return after.ok ? { ok: true, value: { transactions, executed } } : after
  }

  function start(): void {
    running ??= run()
      .catch((error: unknown) => {
        stopped = true
        options.onFailure(error)
      })
      .finally(() => {
        running = undefined
        // One may have come while the last was being put away.
        if (waiting.size > 0 && !stopped) start()
      })
  }

  return {
    push(certified) {
      waiting.push(certified)
      start()
    },
    async stop() {
      stopped = true
      await running
    },
  }
}

/** Why a node cannot go on where others have made a block final that does not hold here. */
function divergence({ height, version }: Block['header'], { code, detail }: Rejection, known: number): OperationalError {
  if (code === 'BLOCK_WRONG_VERSION') return upgradeMissed(height, version, known)
  return new OperationalError('STATE_DIVERGED', `Block ${height} is final and does not hold here: ${code}, ${detail}.`)
}
