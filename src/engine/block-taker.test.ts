import { describe, expect, it } from 'vitest'
import { createTestChain, type TestChain } from '../../test/engine/test-chain.ts'
import { blockHash } from '../chain/block.ts'
import type { CertifiedBlock } from '../chain/block-message.ts'
import { createMempool } from '../mempool/mempool.ts'
import { defaultMempoolLimits } from '../mempool/mempool-limits.ts'
import { silence } from '../ports/telemetry.ts'
import type { RejectionCode } from '../primitives/error-catalogue.ts'
import { createBlockTaker } from './block-taker.ts'
import { createEvidencePool } from './evidence-pool.ts'
import { createTransactionIntake } from './transaction-intake.ts'

async function setUp() {
  const test = await createTestChain()
  const { chain, chainId, application, verifier, context } = test
  const state = () => chain.state.reader()
  const evidencePool = createEvidencePool({ chainId, verifier, ageBlocksMax: 10, height: () => chain.tip().height, state })
  const mempool = createMempool(defaultMempoolLimits)
  const intake = createTransactionIntake({
    application,
    chain,
    mempool,
    verifier,
    telemetry: silence,
    transactionBytesMax: 16_384,
    known: () => undefined,
  })
  const finals: number[] = []
  const onFinal = (block: { header: { height: number } }) => void finals.push(block.header.height)
  return { ...test, finals, taker: createBlockTaker({ chain, verifier, intake, evidencePool, context, onFinal }) }
}

describe('taking final blocks from outside', () => {
  it('takes a block that is final and whole', async () => {
    const { taker, chain, nextBlock, transfer, finals } = await setUp()
    for (const count of [0, 2, 1]) {
      const { block, commit } = nextBlock(Array.from({ length: count }, transfer))
      expect(await taker.certify({ block, commit })).toMatchObject({ ok: true })
      await taker.take({ block, commit })
    }
    expect(finals).toEqual([1, 2, 3])
    expect(chain.tip().height).toBe(3)
    expect(chain.blocks.read(2)?.block.transactions).toHaveLength(2)
  })

  it.each<[string, RejectionCode, (honest: CertifiedBlock, test: TestChain) => CertifiedBlock]>([
    [
      'the commit of another height',
      'SYNC_WRONG_COMMIT',
      ({ block }, { commitOf }) => ({ block, commit: commitOf(blockHash(block.header), 2) }),
    ],
    [
      'the commit of another block',
      'SYNC_WRONG_COMMIT',
      ({ block }, { commitOf, chainId }) => ({ block, commit: commitOf(chainId, 1) }),
    ],
    [
      'a commit of too few',
      'CERTIFICATE_NO_QUORUM',
      ({ block }, { commitOf }) => ({ block, commit: commitOf(blockHash(block.header), 1, [0, 1]) }),
    ],
    [
      'a forged commit',
      'SIGNATURE_INVALID',
      ({ block, commit }, { commitOf, chainId }) => ({ block, commit: { ...commit, signature: commitOf(chainId, 1).signature } }),
    ],
    [
      'altered transactions',
      'BLOCK_WRONG_TRANSACTIONS',
      ({ block, commit }) => ({ block: { ...block, transactions: [] }, commit }),
    ],
    [
      'added evidence',
      'BLOCK_WRONG_EVIDENCE',
      ({ block, commit }, { doubleVote, simulated }) => ({
        block: { ...block, evidence: [doubleVote(simulated.validators[0]!, 1)] },
        commit,
      }),
    ],
  ])('refuses a block with %s: %s', async (_, code, spoil) => {
    const test = await setUp()
    const { block, commit } = test.nextBlock([test.transfer()])
    expect(await test.taker.certify(spoil({ block, commit }, test))).toMatchObject({ ok: false, error: { code } })
    expect(test.chain.tip().height).toBe(0)
  })

  it('stops the node when the chain made final what does not hold here', async () => {
    const { taker, chain, nextBlock, commitOf, chainId } = await setUp()
    const { block } = nextBlock()
    const header = { ...block.header, appHash: chainId }
    const certified = { block: { ...block, header }, commit: commitOf(blockHash(header), 1) }
    expect(await taker.certify(certified)).toMatchObject({ ok: true })
    await expect(taker.take(certified)).rejects.toMatchObject({ code: 'STATE_DIVERGED' })
    expect(chain.tip().height).toBe(0)
  })
})
