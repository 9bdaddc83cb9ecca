import { blockRequestSchema, type CertifiedBlock, certifiedBlockSchema } from '../chain/block-message.ts'
import { decode, encode } from '../codec/codec.ts'
import type { PeerId } from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import { type BlockTakerOptions, createBlockTaker } from './block-taker.ts'
import type { Ports } from './ports.ts'
import { createRequestBackoff } from './request-backoff.ts'
import type { Usefulness } from './usefulness.ts'
import { whenVerifierIsFree } from './verifier-busy.ts'

/**
 * Takes from one peer the blocks it has beyond the tip. Consensus goes on meanwhile, until a block has come whose certificate proves
 * that it is final: only then is consensus asked to leave the chain alone.
 */
export interface BlockFollower {
  /** Consensus waits. */
  readonly active: boolean
  /** False while the peer has asked for patience. */
  mayAsk(peer: PeerId): boolean
  /** Takes up to `count` blocks from height `from` on; the refusal is the peer's fault. Ends early when the peer breaks off. */
  follow(peer: PeerId, from: number, count: number): Promise<Result<void>>
  /** Lets consensus go on. */
  release(): void
  /** Resolves when no block is being written any more. */
  stop(): Promise<void>
}

export interface BlockFollowerOptions extends Omit<BlockTakerOptions, 'verifier'> {
  readonly ports: Ports
  readonly usefulness: Usefulness
  /** Called before the first block is taken. Resolves when consensus leaves the chain alone. */
  readonly onBegin: () => Promise<void>
  /** Consensus may go on. Called after every attempt, fruitful or not. */
  readonly onEnd: () => void
}

const timeoutMs = 3000

export function createBlockFollower(options: BlockFollowerOptions): BlockFollower {
  const { ports, chain } = options
  const { clock, telemetry } = ports
  const backoff = createRequestBackoff(clock)
  const taker = createBlockTaker({ ...options, verifier: ports.verifier })
  const wanted = (): boolean => !stopped
  let active = false
  let stopped = false
  let taking: Promise<void> = Promise.resolve()

  /** A peer that answers nothing, or breaks off, is not at fault. */
  async function* answer(peer: PeerId, request: Bytes): AsyncGenerator<Bytes> {
    try {
      yield* ports.network.request(peer, 'block', request, { timeoutMs })
    } catch (error) {
      backoff.failed(peer, error)
      telemetry.log('debug', 'a peer did not answer a block request', { peer, error: String(error) })
    }
  }

  /** Consensus may have decided the height meanwhile: then the block is not needed. */
  async function takeNext(certified: CertifiedBlock): Promise<Result<void>> {
    const { height } = certified.block.header
    const needed = (): boolean => height > chain.tip().height && !stopped
    if (!needed()) return ok(undefined)
    const final = await taker.certify(certified)
    if (!needed()) return ok(undefined)
    if (!final.ok) return final
    if (!active) await begin()
    if (!needed()) return ok(undefined)
    taking = taker.take(certified)
    await taking
    telemetry.count('synod_sync_blocks_total')
    return ok(undefined)
  }

  async function begin(): Promise<void> {
    active = true
    telemetry.log('info', 'behind its peers, taking blocks from them', { height: chain.tip().height })
    await options.onBegin()
  }

  return {
    get active() {
      return active
    },
    mayAsk: backoff.mayAsk,
    async follow(peer, from, count) {
      let expected = from
      for await (const part of answer(peer, encode(blockRequestSchema, { from, count }))) {
        if (stopped) break
        const decoded = decode(certifiedBlockSchema, part)
        if (!decoded.ok) return decoded
        const { height } = decoded.value.block.header
        if (height !== expected) return reject('SYNC_WRONG_HEIGHT', `asked for ${expected}, got ${height}`)
        expected++
        options.usefulness.count('requests', height > chain.tip().height ? 'useful' : 'duplicate', part.length)
        const taken = await whenVerifierIsFree(clock, wanted, () => takeNext(decoded.value))
        if (taken && !taken.ok) return taken
      }
      return ok(undefined)
    },
    release() {
      if (active) telemetry.log('info', 'no block left to take', { height: chain.tip().height })
      active = false
      options.onEnd()
    },
    async stop() {
      stopped = true
      await taking.catch(() => undefined)
    },
  }
}
