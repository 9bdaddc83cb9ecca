import { expect, test } from 'vitest'
import { createLedgerWorld, doubleVote, person, registration, rotation, tokens } from '../../../test/ledger/ledger-world.ts'
import type { Operation } from '../../chain/transaction.ts'
import { readOperator, readPossession } from './records.ts'

const [ada, vera, next, third] = ['ada', 'vera', 'vera next', 'vera third'].map(person) as [
  ReturnType<typeof person>,
  ReturnType<typeof person>,
  ReturnType<typeof person>,
  ReturnType<typeof person>,
]

function world() {
  return createLedgerWorld({
    balances: { ada: 10_000, vera: 100 },
    validators: { vera: 5000, walt: 3000 },
    parameters: { unbonding_blocks: 5 },
  })
}

test('the next set has the new key in the place of the old one, with the same power', () => {
  const ledger = world()
  const { validatorUpdates } = ledger.execute([ledger.transaction(vera, [rotation(vera, next)])])
  expect(validatorUpdates).toEqual([
    { consensusKey: vera.consensus.publicKey, power: 0n },
    { consensusKey: next.consensus.publicKey, power: tokens(5000) },
  ])
  expect([ledger.powerOf(vera), ledger.powerOf(next)]).toEqual([0n, tokens(5000)])
  expect(readPossession(ledger.state, next.consensus.publicKey)?.operator).toEqual(vera.address)
})

test('what the old key signed is punished still, and the validator votes with no key afterwards', () => {
  const ledger = world()
  ledger.block([ledger.transaction(vera, [rotation(vera, next)])])
  ledger.block([], [doubleVote(vera, 1)])
  expect(readOperator(ledger.state, vera.consensus.publicKey)).toEqual(vera.address)
  expect(ledger.validator(vera)).toMatchObject({ jailed: true, stake: tokens(4750) })
  expect(ledger.powerOf(next)).toBe(0n)
  expect(ledger.block([ledger.transaction(vera, [rotation(vera, third)])])).toEqual(['validator-jailed'])
})

test('a validator rotates once an unbonding period', () => {
  const ledger = world()
  ledger.block([ledger.transaction(vera, [rotation(vera, next)])])
  expect(ledger.block([ledger.transaction(vera, [rotation(vera, third)])])).toEqual(['rotation-too-soon'])
  ledger.emptyBlocks(3)
  expect(ledger.block([ledger.transaction(vera, [rotation(vera, third)])])).toEqual(['executed'])
  expect(ledger.powerOf(third)).toBe(tokens(5000))
})

test.each<[string, ReturnType<typeof person>, readonly Operation[]]>([
  ['not-a-validator', ada, [rotation(ada, next)]],
  ['key-taken', vera, [rotation(vera, person('walt'))]],
  ['key-taken', vera, [rotation(vera, vera)]],
  ['possession-unproved', vera, [rotation(ada, next)]],
  ['rotation-too-soon', vera, [rotation(vera, next), rotation(vera, third)]],
])('%s: the key stays', (name, from, operations) => {
  const ledger = world()
  expect(ledger.block([ledger.transaction(from, operations)])).toEqual([name])
  expect(ledger.powerOf(vera)).toBe(tokens(5000))
})

test('a key that was given up is nobody’s to register', () => {
  const ledger = world()
  ledger.block([ledger.transaction(vera, [rotation(vera, next)])])
  const taken = { ...registration(vera, tokens(1000)) } as Operation
  expect(ledger.block([ledger.transaction(ada, [taken])])).toEqual(['key-taken'])
})

test('a rotation costs what a registration costs, as its proof does', () => {
  const ledger = world()
  expect(ledger.block([ledger.transaction(vera, [rotation(vera, next)], { fee: 1_000_999n })])).toEqual(['underpaid'])
})
