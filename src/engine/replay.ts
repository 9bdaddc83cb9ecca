import type { Application, DecodedTransaction } from '../application/application.ts'
import { type Block, transactionId } from '../chain/block.ts'
import { type ChainSpec, chainIdOf } from '../chain/chain-spec.ts'
import { genesisOf } from '../chain/genesis.ts'
import type { Store } from '../ports/store.ts'
import { toHex } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { checkAfterExecution } from './block-rules.ts'
import { openBlockStore } from './block-store.ts'
import { type Chain, type ExecutedBlock, openChain } from './chain.ts'
import { openStateStore } from './state-store.ts'

/**
 * Executes stored blocks again and compares what comes of them with what their headers promise. Signatures and certificates are not
 * looked at: they were when the blocks were taken, and a replay is about the state.
 */
export interface Replay {
  readonly from: number
  readonly to: number
  readonly transactions: number
}

export interface ReplayOptions {
  readonly spec: ChainSpec
  readonly application: Application
  /** The node's store, which is only read. */
  readonly source: Store
  /** A copy of it, which is rolled back and executed on. */
  readonly copy: Store
  /** An empty store, for a replay from the genesis. */
  readonly empty: Store
  /** The height whose state is begun with; the oldest that is kept unless given. 0: the genesis, executed too. */
  readonly from?: number | undefined
  /** The newest block unless given. */
  readonly to?: number | undefined
  readonly onBlock?: (height: number) => void
}

/** Throws REPLAY_DIFFERS with the height, and REPLAY_IMPOSSIBLE. */
export async function replay(options: ReplayOptions): Promise<Replay> {
  const state = await openStateStore(options.source)
  const blocks = openBlockStore(options.source)
  const from = options.from ?? state.oldest
  const to = Math.min(options.to ?? state.version, state.version)
  if (from >= to) throw impossible(`Nothing is between ${from} and ${to}: the newest state has height ${state.version}.`)
  if (from + 1 < blocks.oldest) throw impossible(`Block ${from + 1} is not kept; the oldest that is has height ${blocks.oldest}.`)
  if (from > 0 && !state.kept().includes(from)) throw impossible(`The state at height ${from} is not kept.`)
  const chain = await openAt(options, from)
  let transactions = 0
  for (let height = from + 1; height <= to; height++) {
    const final = blocks.read(height)
    if (!final) throw impossible(`Block ${height} is missing.`)
    const executed = execute(options.application, chain, final.block)
    const outcome = checkAfterExecution(final.block.header, executed)
    if (!outcome.ok) throw differs(height, final.block, `${outcome.error.code}, ${outcome.error.detail}`)
    await chain.commit(final.block, final.commit, executed)
    transactions += final.block.transactions.length
    options.onBlock?.(height)
  }
  return { from, to, transactions }
}

/** The chain as it was at a height, ready for the next block. */
async function openAt({ spec, application, copy, empty }: ReplayOptions, height: number): Promise<Chain> {
  if (height > 0) await (await openStateStore(copy)).rollback(height)
  const store = height > 0 ? copy : empty
  const genesis = genesisOf(spec)
  return openChain({ store, spec, chainId: chainIdOf(spec), application, genesis, stateVersionsKept: versionsKept })
}

/** The fewest there can be: what was executed is not read again. */
const versionsKept = 2

function execute(application: Application, chain: Chain, { header, lastCommit, evidence, transactions }: Block): ExecutedBlock {
  const decoded = transactions.map((encoded): DecodedTransaction => {
    const content = application.decodeTransaction(encoded)
    if (content.ok) return { ...content.value, id: transactionId(encoded), encoded }
    const message = `Block ${header.height} holds a transaction that this application cannot read: ${content.error.code}.`
    throw new OperationalError('REPLAY_DIFFERS', message)
  })
  const { time, proposer } = header
  return chain.execute({ time, proposer, lastCommit, evidence, transactions: decoded })
}

function differs(height: number, { header }: Block, what: string): OperationalError {
  const promised = `its header promises ${toHex(header.appHash).slice(0, 16)}`
  return new OperationalError('REPLAY_DIFFERS', `Height ${height} is the first that differs: ${what}; ${promised}.`)
}

function impossible(message: string): OperationalError {
  return new OperationalError('REPLAY_IMPOSSIBLE', message)
}
