import { describe, expect, it } from 'vitest'
import { createTestChain } from '../../test/engine/test-chain.ts'
import { type Block, transactionId } from '../chain/block.ts'
import type { Commit } from '../chain/certificate.ts'
import { blockHash } from '../chain/header.ts'
import { createMempool } from '../mempool/mempool.ts'
import { defaultMempoolLimits } from '../mempool/mempool-limits.ts'
import { silence } from '../ports/telemetry.ts'
import { createBlockTaker, type TakenBlock } from './block-taker.ts'
import { createEvidencePool } from './evidence-pool.ts'
import { createTransactionIntake } from './transaction-intake.ts'

async function setUp() {
  const test = await createTestChain()
  const { chain, chainId, application, verifier, context } = test
  const state = () => chain.state.reader()
  const evidencePool = createEvidencePool({ chainId, verifier, ageBlocksMax: 10, height: () => chain.tip().height, state })
  const mempool = createMempool(defaultMempoolLimits)
  const transactionBytesMax = 16_384
  const known = () => undefined
  const intake = createTransactionIntake({
    application,
    chain,
    mempool,
    verifier,
    telemetry: silence,
    transactionBytesMax,
    known,
  })
  const clock = { now: () => 0, monotonic: () => 0, schedule: () => ({ cancel: () => undefined }) }
  const happened: string[] = []
  let notify: () => void = () => undefined
  const note = (what: string) => {
    happened.push(what)
    notify()
  }
  const taker = createBlockTaker({
    ports: { clock, telemetry: silence },
    chain,
    intake,
    evidencePool,
    context,
    protocolVersion: 1,
    onBegin: async () => note('begin'),
    whenDurable: (then) => then(),
    onFinal: ({ header }) => note(`final ${header.height}`),
    onTaken: ({ block }) => note(`taken ${block.header.height}`),
    onFailure: (error) => note(`failure ${(error as { code: string }).code}`),
  })
  const until = (what: string) =>
    new Promise<void>((resolve) => {
      notify = () => happened.includes(what) && resolve()
      notify()
    })
  return { ...test, happened, taker, until }
}

const takenOf = (block: Block, commit: Commit): TakenBlock => ({
  block,
  ids: block.transactions.map(transactionId),
  commit,
  peer: 'peer',
})

describe('taking certified blocks', () => {
  it('executes and stores them in order, after consensus has left the chain alone', async () => {
    const { taker, chain, nextBlock, transfer, happened, until } = await setUp()
    for (const count of [0, 2, 1]) {
      const { block, commit } = nextBlock(Array.from({ length: count }, transfer))
      taker.push(takenOf(block, commit))
      await until(`taken ${block.header.height}`)
    }
    expect(happened.filter((what) => what !== 'begin')).toEqual([
      'final 1',
      'taken 1',
      'final 2',
      'taken 2',
      'final 3',
      'taken 3',
    ])
    expect(happened[0]).toBe('begin')
    expect(chain.tip().height).toBe(3)
    expect(chain.blocks.read(2)?.block.transactions).toHaveLength(2)
    expect(chain.blocks.header(2)?.header.height).toBe(2)
  })

  it('passes over what consensus decided meanwhile', async () => {
    const { taker, chain, nextBlock, happened, until } = await setUp()
    const { block, commit, executed } = nextBlock()
    await chain.commit(block, commit, executed)
    taker.push(takenOf(block, commit))
    await until('taken 1')
    expect(happened).toEqual(['begin', 'taken 1'])
  })

  it('stops the node when the chain made final what does not hold here', async () => {
    const { taker, chain, nextBlock, commitOf, chainId, until } = await setUp()
    const { block } = nextBlock()
    const header = { ...block.header, appHash: chainId }
    taker.push(takenOf({ ...block, header }, commitOf(blockHash(header), 1)))
    await until('failure STATE_DIVERGED')
    expect(chain.tip().height).toBe(0)
    await taker.stop()
  })
})
