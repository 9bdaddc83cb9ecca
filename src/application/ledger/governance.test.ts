import { describe, expect, test } from 'vitest'
import { createLedgerWorld, person, tokens, transferTo } from '../../../test/ledger/ledger-world.ts'
import { consensusParametersSchema, limitsSchema } from '../../chain/chain-spec.ts'
import type { Operation } from '../../chain/transaction.ts'
import { chainChangesIn } from './governance.ts'
import { readGovernance } from './records.ts'

const [ada, vera, walt, xena] = ['ada', 'vera', 'walt', 'xena'].map(person) as [
  ReturnType<typeof person>,
  ReturnType<typeof person>,
  ReturnType<typeof person>,
  ReturnType<typeof person>,
]

function world() {
  return createLedgerWorld({
    balances: { ada: 10_000, vera: 100, walt: 100, xena: 100 },
    validators: { vera: 3000, walt: 2000, xena: 1000 },
    parameters: { vote_period_blocks: 4 },
  })
}

type World = ReturnType<typeof world>
const propose = (name: string, value: number): Operation => ({ type: 'propose-parameter', name, value })
const vote = (approve: boolean, proposal = 0): Operation => ({ type: 'vote-parameter', proposal, approve })
const run = (ledger: World, from: typeof ada, ...operations: Operation[]) => ledger.block([ledger.transaction(from, operations)])
const changed = (ledger: World) => readGovernance(ledger.state).changed

test('what enough of the stake approves holds from the block after the vote on', () => {
  const ledger = world()
  expect(run(ledger, vera, propose('minimum_fee', 20_000_000), vote(true))).toEqual(['executed'])
  expect(run(ledger, walt, vote(true))).toEqual(['executed'])
  ledger.emptyBlocks(2)
  expect(run(ledger, ada, transferTo(vera, 1n))).toEqual(['executed'])
  expect(changed(ledger)).toEqual([{ name: 'minimum_fee', value: 20_000_000 }])
  expect(run(ledger, ada, transferTo(vera, 1n))).toEqual(['underpaid'])
  expect(readGovernance(ledger.state).open).toEqual([])
})

test.each<[string, readonly (readonly [typeof ada, boolean])[]]>([
  ['nobody answers', []],
  ['too little of the stake answers', [[walt, true]]],
  [
    'half of those who answer refuse',
    [
      [vera, true],
      [walt, false],
      [xena, false],
    ],
  ],
  [
    'it is approved first and refused later',
    [
      [vera, true],
      [walt, true],
      [vera, false],
    ],
  ],
])('nothing changes when %s', (_name, answers) => {
  const ledger = world()
  run(ledger, vera, propose('slash_basis_points', 1000))
  const nonces = new Map<typeof ada, number>()
  const transactions = answers.map(([from, approve]) => {
    const nonce = nonces.get(from) ?? ledger.account(from).nonce
    nonces.set(from, nonce + 1)
    return ledger.transaction(from, [vote(approve)], { nonce })
  })
  expect(ledger.block(transactions)).toEqual(answers.map(() => 'executed'))
  ledger.emptyBlocks(4)
  expect(changed(ledger)).toEqual([])
})

test('a vote weighs what stands behind the validator when it ends, delegated stake with it', () => {
  const ledger = world()
  run(ledger, xena, propose('slash_basis_points', 1000), vote(true))
  const delegate: Operation = { type: 'delegate', operator: xena.address, amount: tokens(9000) }
  run(ledger, ada, delegate)
  ledger.emptyBlocks(3)
  expect(changed(ledger)).toEqual([{ name: 'slash_basis_points', value: 1000 }])
})

test.each<[string, typeof ada, readonly Operation[]]>([
  ['not-a-validator', ada, [propose('minimum_fee', 1)]],
  ['not-a-validator', ada, [vote(true)]],
  ['parameter-unknown', vera, [propose('minimum_fees', 1)]],
  ['parameter-unknown', vera, [propose('toString', 1)]],
  ['parameter-out-of-bounds', vera, [propose('slash_basis_points', 10_001)]],
  ['parameter-out-of-bounds', vera, [propose('unbonding_blocks', 100)]],
  ['proposal-open', vera, [propose('minimum_fee', 1), propose('minimum_fee', 2)]],
  ['proposal-unknown', vera, [vote(true, 1)]],
])('%s', (name, from, operations) => {
  const ledger = createLedgerWorld({
    balances: { ada: 100, vera: 100 },
    validators: { vera: 3000 },
    evidenceAgeBlocks: 100,
  })
  expect(ledger.block([ledger.transaction(from, operations)])).toEqual([name])
  expect(readGovernance(ledger.state).open).toEqual([])
})

test('every parameter can be voted on at once', () => {
  const ledger = world()
  const proposals = Object.entries(ledger.parameters).map(([name, value]) => propose(name, value))
  expect(run(ledger, vera, ...proposals)).toEqual(['executed'])
  expect(readGovernance(ledger.state).open).toHaveLength(proposals.length)
})

describe('rules of the chain', () => {
  const chain = { consensus: consensusParametersSchema.parse({}), limits: limitsSchema.parse({}) }
  const founded = () =>
    createLedgerWorld({
      balances: { vera: 1000, walt: 1000 },
      validators: { vera: 3000, walt: 2000 },
      parameters: { vote_period_blocks: 4 },
      chain,
    })

  test('are changed by a vote, beside the ledger’s own', () => {
    const ledger = founded()
    expect(run(ledger, vera, propose('block_transactions_max', 500), vote(true))).toEqual(['executed'])
    expect(run(ledger, walt, vote(true))).toEqual(['executed'])
    expect(chainChangesIn(ledger.state)).toEqual([])
    ledger.emptyBlocks(3)
    expect(chainChangesIn(ledger.state)).toEqual([{ name: 'block_transactions_max', value: 500 }])
    // The ledger's own rules go on as they were.
    expect(run(ledger, vera, transferTo(walt, 1n))).toEqual(['executed'])
  })

  test.each([
    ['parameter-unknown', 'evidence_age_blocks', 5],
    ['parameter-unknown', 'message_delay_ms', 5],
    ['parameter-out-of-bounds', 'block_transactions_max', 0],
    ['parameter-out-of-bounds', 'block_bytes_max', chain.limits.transaction_bytes_max - 1],
    ['parameter-out-of-bounds', 'interval_ms', chain.consensus.interval_ms - 1],
    ['parameter-out-of-bounds', 'propose_timeout_ms', chain.consensus.timeout_max_ms + 1],
    ['parameter-out-of-bounds', 'timeout_growth_ms', 0],
    ['executed', 'interval_ms', chain.consensus.interval_ms + 1],
  ])('%s: %s = %i', (code, name, value) => {
    expect(run(founded(), vera, propose(name, value))).toEqual([code])
  })

  test('stay when two votes that end together would contradict each other', () => {
    const ledger = founded()
    const changes = [propose('propose_timeout_ms', 15_000), propose('timeout_max_ms', 10_000)]
    expect(run(ledger, vera, ...changes, vote(true, 0), vote(true, 1))).toEqual(['executed'])
    expect(run(ledger, walt, vote(true, 0), vote(true, 1))).toEqual(['executed'])
    ledger.emptyBlocks(3)
    expect(chainChangesIn(ledger.state)).toEqual([{ name: 'propose_timeout_ms', value: 15_000 }])
  })
})
