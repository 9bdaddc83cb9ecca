import { expect, it } from 'vitest'
import { createTestChain } from '../../test/engine/test-chain.ts'
import { transactionId } from '../chain/block.ts'
import { verifyInclusion } from '../crypto/merkle.ts'
import type { Chain } from './chain.ts'
import { createTransactionFinder } from './transaction-finder.ts'

it('reads a block once, however many of its transactions are asked for, and proves each', async () => {
  const { chain, transfer, nextBlock } = await createTestChain()
  const transactions = Array.from({ length: 5 }, () => transfer())
  const { block, commit, executed } = nextBlock(transactions)
  await chain.commit(block, commit, executed)
  let reads = 0
  function read(height: number) {
    reads++
    return chain.blocks.read(height)
  }
  const find = createTransactionFinder({ ...chain, blocks: { ...chain.blocks, read } } as Chain)
  for (const [index, encoded] of transactions.entries()) {
    const found = find(transactionId(encoded))!
    expect(found).toMatchObject({ height: 1, index, encoded })
    expect(verifyInclusion({ leaf: transactionId(encoded), proof: found.proof, root: block.header.transactionsRoot })).toBe(true)
  }
  expect(reads).toBe(1)
  expect(find(transactionId(Uint8Array.of(1)))).toBeUndefined()
})
