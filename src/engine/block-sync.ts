import type { Application, DecodedTransaction } from '../application/application.ts'
import { type Block, blockHash } from '../chain/block.ts'
import { blockRequestSchema, type CertifiedBlock, certifiedBlockSchema } from '../chain/block-message.ts'
import type { Commit } from '../chain/certificate.ts'
import { verifyCommit } from '../chain/light-verification.ts'
import { decode, encode } from '../codec/codec.ts'
import { bytesEqual, type Bytes } from '../primitives/bytes.ts'
import { ok, type Rejection, type Result, reject } from '../primitives/result.ts'
import type { Timer } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'
import { type BlockContext, checkAfterExecution, checkBeforeExecution } from './block-rules.ts'
import type { Candidate } from './candidates.ts'
import type { Chain } from './chain.ts'
import type { EvidencePool } from './evidence-pool.ts'
import type { Ports } from './ports.ts'
import type { TransactionIntake } from './transaction-intake.ts'

/**
 * Fetches final blocks from peers that are ahead. A claim of height starts nothing but a question; the certificate of each block,
 * checked against the validators this node knows for that height, decides whether the block is taken.
 */
export interface BlockSync {
  readonly active: boolean
  /** A peer says that its latest final block has this height. */
  heard(peer: PeerId, height: number): void
  forget(peer: PeerId): void
  heightOf(peer: PeerId): number
  serve(request: Bytes): Generator<Bytes>
  stop(): void
}

export interface BlockSyncOptions {
  readonly ports: Ports
  readonly chain: Chain
  readonly application: Application
  readonly intake: TransactionIntake
  readonly evidencePool: EvidencePool
  readonly context: () => BlockContext
  /** Called before the first block is taken, and after the last. */
  readonly onBegin: () => Promise<void>
  readonly onEnd: () => void
  readonly onFinal: (block: Block, commit: Commit, candidate: Candidate) => void
  readonly onRejection: (peer: PeerId, rejection: Rejection) => void
  readonly onFailure: (error: unknown) => void
}

/** How long consensus may take to make up for a peer's lead by itself. */
const graceMs = 400
const retryMs = 500
const countMax = 64
const timeoutMs = 5000

export function createBlockSync(options: BlockSyncOptions): BlockSync {
  const { ports, chain, intake, evidencePool } = options
  const { clock, network, telemetry, verifier } = ports
  const heights = new Map<PeerId, number>()
  let timer: Timer | undefined
  let active = false
  let stopped = false

  const ahead = (): PeerId[] => {
    const tip = chain.tip().height
    const leaders = [...heights].filter(([, height]) => height > tip).sort(([, a], [, b]) => b - a)
    return leaders.map(([peer]) => peer)
  }

  function watch(delayMs: number): void {
    if (timer || active || stopped || ahead().length === 0) return
    const tip = chain.tip().height
    timer = clock.schedule(delayMs, () => {
      timer = undefined
      if (stopped || ahead().length === 0) return
      if (chain.tip().height > tip) return watch(graceMs)
      run().catch(options.onFailure)
    })
  }

  async function run(): Promise<void> {
    active = true
    telemetry.log('info', 'behind its peers, fetching blocks', { height: chain.tip().height })
    await options.onBegin()
    let failures = 0
    while (!stopped && failures < 3) {
      const [peer] = ahead().slice(failures % Math.max(1, ahead().length))
      if (peer === undefined) break
      const before = chain.tip().height
      const outcome = await takeFrom(peer)
      if (!outcome.ok) options.onRejection(peer, outcome.error)
      if (chain.tip().height === before) {
        failures++
        heights.delete(peer)
      } else failures = 0
    }
    active = false
    if (stopped) return
    telemetry.log('info', 'caught up', { height: chain.tip().height })
    options.onEnd()
    watch(retryMs)
  }

  /** A peer that answers nothing is not at fault; one that answers wrongly is. */
  async function takeFrom(peer: PeerId): Promise<Result<void>> {
    const request = encode(blockRequestSchema, { from: chain.tip().height + 1, count: countMax })
    try {
      for await (const part of network.request(peer, 'block', request, { timeoutMs })) {
        const decoded = decode(certifiedBlockSchema, part)
        if (!decoded.ok) return decoded
        const taken = await take(decoded.value)
        if (!taken.ok || stopped) return taken
      }
    } catch (error) {
      telemetry.log('debug', 'a peer did not answer a block request', { peer, error: String(error) })
    }
    return ok(undefined)
  }

  async function take({ block, commit }: CertifiedBlock): Promise<Result<void>> {
    const tip = chain.tip()
    const { header } = block
    if (header.height !== tip.height + 1) return reject('SYNC_WRONG_HEIGHT', `asked for ${tip.height + 1}, got ${header.height}`)
    if (commit.height !== header.height || !bytesEqual(commit.blockHash, blockHash(header))) {
      return reject('SYNC_WRONG_COMMIT', `at height ${header.height}`)
    }
    const certified = await verifyCommit(chain.chainId, commit, tip.validators, verifier.bls)
    if (!certified.ok) return certified
    const before = await checkBeforeExecution(block, options.context(), verifier)
    if (!before.ok) return before
    const evidence = await evidencePool.check(block.evidence, chain.state.reader())
    if (!evidence.ok) return evidence
    const transactions: DecodedTransaction[] = []
    for (const answer of await intake.verify(block.transactions)) {
      if (!answer.ok) return answer
      transactions.push(answer.value)
    }
    const executed = chain.execute({ time: header.time, proposer: header.proposer, evidence: block.evidence, transactions })
    const after = checkAfterExecution(header, executed)
    if (!after.ok) return after
    await chain.commit(block, commit, executed)
    telemetry.count('synod_sync_blocks_total')
    options.onFinal(block, commit, { transactions, executed })
    return ok(undefined)
  }

  return {
    get active() {
      return active
    },
    heard(peer, height) {
      heights.set(peer, Math.max(height, heights.get(peer) ?? 0))
      watch(graceMs)
    },
    forget: (peer) => void heights.delete(peer),
    heightOf: (peer) => heights.get(peer) ?? 0,
    *serve(request) {
      const decoded = decode(blockRequestSchema, request)
      if (!decoded.ok) throw new Error(decoded.error.code)
      const { from, count } = decoded.value
      for (let height = Math.max(1, from); height < from + count; height++) {
        const final = chain.blocks.read(height)
        if (!final) return
        yield encode(certifiedBlockSchema, { block: final.block, commit: final.commit })
      }
    },
    stop() {
      stopped = true
      timer?.cancel()
    },
  }
}
