import { expect, test } from 'vitest'
import { createLedgerWorld, person, tokens, transferTo } from '../../../test/ledger/ledger-world.ts'
import type { Operation } from '../../chain/transaction.ts'
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
