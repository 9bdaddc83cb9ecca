import { describe, expect, it } from 'vitest'
import { createTestChain } from '../../test/engine/test-chain.ts'
import type { Block } from '../chain/block.ts'
import { checkParts } from '../chain/block-parts.ts'
import { commitHash } from '../chain/certificate.ts'
import type { Header } from '../chain/header.ts'
import { sha256 } from '../crypto/hash.ts'
import type { RejectionCode } from '../primitives/error-catalogue.ts'
import { checkAfterExecution, checkBeforeExecution, checkSize } from './block-rules.ts'

const other = sha256(Uint8Array.of(1, 2, 3))

/** A chain with one final block, and an honest second block with a transfer. */
async function setUp() {
  const test = await createTestChain()
  const first = test.nextBlock()
  await test.chain.commit(first.block, first.commit, first.executed)
  return { ...test, first, second: test.nextBlock([test.transfer()]) }
}

describe('block rules', async () => {
  const { second, first, context, verifier, chain, commitOf, doubleVote, simulated, decodeTransaction, spec } = await setUp()
  const { block, executed } = second
  const withHeader = (changes: Partial<Header>): Block => ({ ...block, header: { ...block.header, ...changes } })
  const withCommit = (lastCommit: Block['lastCommit']): Block => ({
    ...withHeader({ previousCommitHash: lastCommit ? commitHash(lastCommit) : new Uint8Array(32) }),
    lastCommit,
  })
  const evidence = [doubleVote(simulated.validators[0]!, 1)]

  it('hold for an honest block', async () => {
    expect(await checkBeforeExecution(block, context(), verifier)).toMatchObject({ ok: true })
    expect(checkAfterExecution(block.header, executed)).toMatchObject({ ok: true })
    expect(checkParts(block)).toMatchObject({ ok: true })
  })

  it.each<[RejectionCode, string, Block]>([
    ['BLOCK_WRONG_VERSION', 'version', withHeader({ version: 2 })],
    ['BLOCK_WRONG_CHAIN', 'chain', withHeader({ chainId: other })],
    ['BLOCK_WRONG_HEIGHT', 'height', withHeader({ height: 3 })],
    ['BLOCK_WRONG_PARENT', 'parent', withHeader({ previousHash: other })],
    ['BLOCK_WRONG_TIME', 'time', withHeader({ time: first.block.header.time })],
    ['BLOCK_WRONG_VALIDATORS', 'validators', withHeader({ validatorsHash: other })],
    ['BLOCK_WRONG_PROPOSER', 'proposer, whom no fees could be paid to', withHeader({ proposer: new Uint8Array(48).fill(1) })],
    ['BLOCK_WRONG_PARAMETERS', 'parameters', withHeader({ parametersHash: other })],
    ['BLOCK_WRONG_EVIDENCE', 'evidence hash', withHeader({ evidenceHash: other })],
    ['BLOCK_WRONG_COMMIT', 'commit hash', withHeader({ previousCommitHash: other })],
    ['BLOCK_WRONG_COMMIT', 'no commit', withCommit(undefined)],
    ['BLOCK_WRONG_COMMIT', 'a commit of another block', withCommit(commitOf(other, 1))],
    ['CERTIFICATE_NO_QUORUM', 'a commit of too few', withCommit(commitOf(first.commit.blockHash, 1, [0]))],
    ['SIGNATURE_INVALID', 'a forged commit', withCommit({ ...first.commit, signature: commitOf(other, 1).signature })],
  ])('%s before execution: wrong %s', async (code, _, broken) => {
    expect(await checkBeforeExecution(broken, context(), verifier)).toMatchObject({ ok: false, error: { code } })
  })

  it.each<[RejectionCode, Partial<Header>]>([
    ['BLOCK_WRONG_TRANSACTIONS', { transactionsRoot: other }],
    ['BLOCK_WRONG_RESULT', { resultsHash: other }],
    ['BLOCK_WRONG_NEXT_VALIDATORS', { nextValidatorsHash: other }],
    ['BLOCK_WRONG_STATE', { appHash: other }],
  ])('%s after execution', (code, changes) => {
    expect(checkAfterExecution({ ...block.header, ...changes }, executed)).toMatchObject({ ok: false, error: { code } })
  })

  it.each<[RejectionCode, string, Block]>([
    ['BLOCK_WRONG_COMMIT', 'another commit', { ...block, lastCommit: commitOf(other, 1) }],
    ['BLOCK_WRONG_EVIDENCE', 'more evidence', { ...block, evidence }],
    ['BLOCK_WRONG_TRANSACTIONS', 'a transaction less', { ...block, transactions: [] }],
  ])('%s for parts that the header does not name: %s', (code, _, broken) => {
    expect(checkParts(broken)).toMatchObject({ ok: false, error: { code } })
  })

  it.each([
    ['transactions', { block_transactions_max: 0 }],
    ['bytes', { block_bytes_max: 10 }],
  ])('BLOCK_TOO_LARGE beyond the chain’s limit of %s', (_, limit) => {
    const transactions = block.transactions.map(decodeTransaction)
    expect(checkSize(block.header, transactions, spec.limits)).toMatchObject({ ok: true })
    expect(checkSize(block.header, transactions, { ...spec.limits, ...limit })).toMatchObject({
      ok: false,
      error: { code: 'BLOCK_TOO_LARGE' },
    })
    expect(chain.tip().height).toBe(1)
  })
})
