import { describe, expect, it } from 'vitest'
import { certificate, chainId, equals, signProposal, signVote, testBlock } from '../../test/consensus/validators.ts'
import { createTestChain } from '../../test/engine/test-chain.ts'
import type { ProposedBlock } from '../chain/block.ts'
import { blockHash } from '../chain/header.ts'
import { precommit, prevote } from '../chain/vote.ts'
import type { Input } from '../consensus/tendermint/input.ts'
import { openConsensusLog } from './consensus-log.ts'

const of = equals(4)
const { block, hash } = testBlock(of, {})
const proposal = signProposal(of, 0, { height: 1, round: 0, validRound: undefined, blockHash: hash }, block)
const vote = signVote(of, 1, { kind: prevote, height: 1, round: 0, blockHash: hash })

async function setUp() {
  const test = await createTestChain()
  const tip = test.chain.tip()
  const start: Input = {
    type: 'start-height',
    height: 1,
    validators: tip.validators,
    priorities: tip.priorities,
    self: 2,
    startAt: 5,
    awaitTransactions: true,
    previousTime: tip.time,
  }
  return { ...test, tip, start, open: () => openConsensusLog(test.mounted, test.application) }
}

describe('consensus log', () => {
  it('gives back every input as it was, with its time', async () => {
    const { open, tip, start } = await setUp()
    const inputs: Input[] = [
      start,
      { type: 'transactions-available' },
      { type: 'proposal', proposal },
      { type: 'vote', vote },
      {
        type: 'certificate',
        certificate: certificate(of, { kind: precommit, height: 1, round: 0, blockHash: undefined }, [0, 1, 2]),
      },
      { type: 'block-built', round: 3, block },
      { type: 'block-checked', blockHash: hash, valid: false },
      { type: 'proposal-signed', proposal },
      { type: 'vote-signed', vote },
      { type: 'timer-fired', timer: { kind: 'precommit', height: 1, round: 9 } },
    ]
    const log = await open()
    for (const [index, input] of inputs.entries()) log.append(input, 1000 + index)
    await log.sync()
    await log.close()
    const { inputs: recovered } = (await open()).recovered(1, tip, 2)
    expect(recovered).toEqual(inputs.map((input, index) => ({ input, now: 1000 + index })))
  })

  it('gives back the bodies of blocks that it holds a proposal of', async () => {
    const { open, tip, start, nextBlock, transfer, decodeTransaction } = await setUp()
    const { block: full } = nextBlock([transfer(), transfer()])
    const proposed: ProposedBlock = { header: full.header, lastCommit: undefined, evidence: [], order: { batches: [], runs: [] } }
    const transactions = full.transactions.map(decodeTransaction)
    const log = await open()
    log.append(start, 1)
    log.appendBody(1, blockHash(full.header), transactions)
    log.append({ type: 'block-built', round: 0, block: proposed }, 2)
    log.appendBody(1, chainId, transactions)
    await log.sync()
    const { bodies } = (await open()).recovered(1, tip, 2)
    expect(bodies).toEqual([{ block: proposed, hash: blockHash(full.header), transactions }])
  })

  it('has nothing to say of another height, and of a height begun twice tells the later beginning', async () => {
    const { open, tip, start } = await setUp()
    const log = await open()
    log.append(start, 1)
    log.append({ type: 'vote', vote }, 2)
    log.append(start, 3)
    await log.sync()
    const reopened = await open()
    expect(reopened.recovered(2, tip, 2).inputs).toEqual([])
    expect(reopened.recovered(1, tip, 2).inputs).toEqual([{ input: start, now: 3 }])
  })

  it('forgets a height that is final', async () => {
    const { open, tip, start } = await setUp()
    const log = await open()
    log.append(start, 1)
    await log.sync()
    await log.rotate()
    log.append({ ...start, height: 2 }, 2)
    await log.sync()
    const reopened = await open()
    expect(reopened.recovered(1, tip, 2).inputs).toEqual([])
    expect(reopened.recovered(2, tip, 2).inputs).toHaveLength(1)
  })
})
