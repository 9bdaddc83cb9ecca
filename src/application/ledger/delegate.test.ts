import { expect, test } from 'vitest'
import { createLedgerWorld, doubleVote, person, tokens } from '../../../test/ledger/ledger-world.ts'
import type { Operation } from '../../chain/transaction.ts'
import { readDelegation, readRewards } from './records.ts'

const names = ['ada', 'bob', 'vera', 'walt'] as const
const [ada, bob, vera, walt] = names.map(person) as [
  ReturnType<typeof person>,
  ReturnType<typeof person>,
  ReturnType<typeof person>,
  ReturnType<typeof person>,
]
const fee = 10_000_000n

/** Vera proposes; what she gets for that is left out, so that the sharing shows. */
function world(parameters: Readonly<Record<string, number>> = {}) {
  return createLedgerWorld({
    balances: { ada: 10_000, bob: 10_000, vera: 10, walt: 10 },
    validators: { vera: 6000, walt: 3000 },
    parameters: { unbonding_blocks: 5, proposer_basis_points: 0, ...parameters },
  })
}

type World = ReturnType<typeof world>

const to = (operator: typeof ada, count: number): Operation => ({
  type: 'delegate',
  operator: operator.address,
  amount: tokens(count),
})
const back = (operator: typeof ada, amount: bigint): Operation => ({ type: 'undelegate', operator: operator.address, amount })
const withdraw = (operator: typeof ada): Operation => ({ type: 'withdraw-rewards', operator: operator.address })
const commission = (basisPoints: number): Operation => ({ type: 'set-commission', basisPoints })

function run(ledger: World, from: typeof ada, ...operations: Operation[]): readonly string[] {
  return ledger.block([ledger.transaction(from, operations)])
}

/** How much somebody's balance changes, the fee aside. */
function gain(ledger: World, of: typeof ada, operation: Operation): bigint {
  const before = ledger.account(of).balance
  expect(run(ledger, of, operation)).toEqual(['executed'])
  return ledger.account(of).balance - before + fee
}

test('delegated stake votes with the validator, and is free when it has been punishable for long enough', () => {
  const ledger = world()
  expect(run(ledger, ada, to(vera, 1000))).toEqual(['executed'])
  expect(ledger.powerOf(vera)).toBe(tokens(7000))
  expect(run(ledger, ada, back(vera, tokens(400)), back(vera, tokens(100)))).toEqual(['executed'])
  expect(ledger.powerOf(vera)).toBe(tokens(6500))
  const before = ledger.account(ada).balance
  ledger.emptyBlocks(4)
  expect(ledger.account(ada).balance).toBe(before)
  ledger.emptyBlocks(1)
  expect(ledger.account(ada).balance).toBe(before + tokens(500))
})

test('a delegation of which nothing is left is forgotten when its last stake is free', () => {
  const ledger = world()
  run(ledger, ada, to(vera, 1000))
  run(ledger, ada, back(vera, tokens(1000)))
  expect(readDelegation(ledger.state, vera.address, ada.address)?.shares).toBe(0n)
  ledger.emptyBlocks(5)
  expect(readDelegation(ledger.state, vera.address, ada.address)).toBeUndefined()
})

test('the fees of a block go to those who signed it, by power, and on to their delegators less the commission', () => {
  const ledger = world()
  expect(run(ledger, vera, commission(1000))).toEqual(['executed'])
  run(ledger, ada, to(vera, 2000))
  run(ledger, bob, to(vera, 1000))
  ledger.emptyBlocks(1)
  const earned = { ada: gain(ledger, ada, withdraw(vera)), vera: gain(ledger, vera, withdraw(vera)) }
  // The three fees so far went to 9000, 9000 and 11,000 tokens of stake, of which 6000, 6000 and 8000 were Vera's.
  const ofAda = (fee * 8n * 2n * 9n) / (11n * 8n * 10n)
  expect(earned.ada).toBe(ofAda + (fee * 2n * 9n) / (12n * 10n) - 1n)
  expect(earned.vera).toBeGreaterThan((fee * 2n * 2n) / 3n)
})

test('who was absent gets nothing of the block', () => {
  const ledger = world()
  ledger.away(walt)
  run(ledger, ada, to(vera, 1000))
  ledger.emptyBlocks(1)
  ledger.away()
  expect(readRewards(ledger.state).pending).toBe(0n)
  expect(gain(ledger, walt, withdraw(walt))).toBe(0n)
  expect(gain(ledger, vera, withdraw(vera))).toBeGreaterThan((fee * 95n) / 100n / 2n)
})

test('what is issued is shared as fees are, and never beyond what can be counted', () => {
  const ledger = world({ issuance_per_block: 1_000_000_000 })
  const { issued } = ledger.totals()
  ledger.emptyBlocks(10)
  expect(ledger.totals().issued).toBe(issued + tokens(10))
  expect(gain(ledger, vera, withdraw(vera))).toBe(6_666_666_666n)
  expect(gain(ledger, walt, withdraw(walt))).toBeGreaterThan(tokens(3))
})

test('slashing takes from delegated stake in proportion, on its way back too, and from nothing that left before the offence', () => {
  const ledger = world({ unbonding_blocks: 8 })
  run(ledger, ada, to(vera, 3000))
  run(ledger, ada, back(vera, tokens(1000))) // 2: before the offence
  ledger.emptyBlocks(1)
  run(ledger, ada, back(vera, tokens(1000))) // 4: after it
  const balance = ledger.account(ada).balance
  ledger.block([], [doubleVote(vera, 3)])
  expect(ledger.validator(vera)).toMatchObject({ jailed: true, stake: tokens(5700), pool: { tokens: tokens(950) } })
  expect(ledger.totals().burned).toBe(tokens(350))
  ledger.emptyBlocks(5)
  expect(ledger.account(ada).balance).toBe(balance + tokens(1000))
  ledger.emptyBlocks(2)
  expect(ledger.account(ada).balance).toBe(balance + tokens(1950))
  expect(ledger.totals().burned).toBe(tokens(400))
})

test('stake that is taken back after the punishment is not punished again', () => {
  const ledger = world()
  run(ledger, ada, to(vera, 1000))
  ledger.block([], [doubleVote(vera, 1)])
  expect(run(ledger, ada, back(vera, tokens(950)))).toEqual(['executed'])
  const balance = ledger.account(ada).balance
  ledger.emptyBlocks(5)
  expect(ledger.account(ada).balance).toBe(balance + tokens(950))
})

test('shares of a pool that was slashed cost less, and nobody gains by rounding', () => {
  const ledger = createLedgerWorld({
    balances: { ada: 10_000, bob: 10_000 },
    validators: { vera: 6000 },
    parameters: { unbonding_blocks: 1, slash_basis_points: 3333, minimum_delegation: 1 },
  })
  ledger.block([ledger.transaction(ada, [to(vera, 1000)])])
  ledger.block([], [doubleVote(vera, 1)]) // The last validator keeps its vote.
  const one: Operation = { type: 'delegate', operator: vera.address, amount: 7n }
  ledger.block([ledger.transaction(bob, [one])])
  expect(readDelegation(ledger.state, vera.address, bob.address)?.shares).toBe(10n)
  const more: Operation = { type: 'undelegate', operator: vera.address, amount: 7n }
  expect(ledger.block([ledger.transaction(bob, [more])])).toEqual(['balance-too-low'])
  expect(ledger.block([ledger.transaction(bob, [{ ...more, amount: 6n }])])).toEqual(['executed'])
})

test('a commission rises by little and seldom while it has delegators, and falls at will', () => {
  const ledger = world({ commission_interval_blocks: 3, commission_rise_basis_points: 200 })
  expect(run(ledger, vera, commission(5000))).toEqual(['executed'])
  run(ledger, ada, to(vera, 1000))
  expect(run(ledger, vera, commission(5201))).toEqual(['commission-too-steep'])
  expect(run(ledger, vera, commission(5200))).toEqual(['executed'])
  expect(run(ledger, vera, commission(5300))).toEqual(['commission-too-soon'])
  expect(run(ledger, vera, commission(100))).toEqual(['executed'])
  ledger.emptyBlocks(1)
  expect(run(ledger, vera, commission(200))).toEqual(['commission-too-soon'])
  expect(run(ledger, vera, commission(200))).toEqual(['executed'])
})

test.each<[string, typeof ada, readonly Operation[]]>([
  ['validator-unknown', ada, [to(bob, 1)]],
  ['validator-unknown', ada, [back(bob, 1n)]],
  ['validator-unknown', ada, [withdraw(bob)]],
  ['delegation-unknown', ada, [withdraw(vera)]],
  ['delegation-unknown', ada, [back(vera, 1n)]],
  ['delegation-too-low', ada, [{ type: 'delegate', operator: vera.address, amount: tokens(1) - 1n }]],
  ['delegation-too-low', ada, [to(vera, 2), back(vera, tokens(1) + 1n)]],
  ['balance-too-low', ada, [to(vera, 10_000)]],
  ['balance-too-low', ada, [to(vera, 2), back(vera, tokens(2) + 1n)]],
  ['amount-zero', ada, [to(vera, 2), back(vera, 0n)]],
  ['not-a-validator', ada, [commission(1)]],
  ['not-a-validator', ada, [{ type: 'unjail' }]],
  ['not-jailed', vera, [{ type: 'unjail' }]],
  ['validator-left', vera, [{ type: 'unstake', amount: tokens(6000) }, to(vera, 1)]],
])('%s: a delegation that fails changes nothing', (name, from, operations) => {
  const ledger = world()
  expect(run(ledger, from, ...operations)).toEqual([name])
  expect(ledger.powerOf(vera)).toBe(tokens(6000))
  expect(readDelegation(ledger.state, vera.address, from.address)).toBeUndefined()
})

test('nobody delegates to a validator that is jailed', () => {
  const ledger = world()
  ledger.block([], [doubleVote(vera, 1)])
  expect(run(ledger, ada, to(vera, 1))).toEqual(['validator-jailed'])
})
