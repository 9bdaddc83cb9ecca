import { expect, test } from 'vitest'
import { createLedgerWorld, person, tokens } from '../../../test/ledger/ledger-world.ts'
import type { Operation } from '../../chain/transaction.ts'
import { attendanceStateKey } from './keys.ts'
import { attendanceSchema, read } from './records.ts'

const [vera, walt, xena, yuri] = ['vera', 'walt', 'xena', 'yuri'].map(person) as [
  ReturnType<typeof person>,
  ReturnType<typeof person>,
  ReturnType<typeof person>,
  ReturnType<typeof person>,
]
const unjail: Operation = { type: 'unjail' }

/** Ten blocks, of which five must be signed. */
function world(parameters: Readonly<Record<string, number>> = {}) {
  return createLedgerWorld({
    balances: { vera: 100, walt: 100, yuri: 5000 },
    validators: { vera: 3000, walt: 1000, xena: 1000, zora: 1000 },
    parameters: { unbonding_blocks: 5, downtime_window: 10, downtime_jail_blocks: 4, ...parameters },
  })
}

type World = ReturnType<typeof world>
const missed = (ledger: World, of: typeof vera) => read(ledger.state, attendanceSchema, attendanceStateKey(of.address))?.missed

test('who misses more than it may of the window is jailed, keeps its stake, and comes back when its time is over', () => {
  const ledger = world()
  ledger.emptyBlocks(1)
  ledger.away(walt)
  ledger.emptyBlocks(5)
  expect(ledger.powerOf(walt)).toBe(tokens(1000))
  ledger.emptyBlocks(1)
  expect(ledger.powerOf(walt)).toBe(0n)
  expect(ledger.validator(walt)).toMatchObject({ jailed: true, jailedUntil: 11, stake: tokens(1000), convicted: undefined })
  expect(ledger.totals()).toMatchObject({ burned: 0n, validators: 3, power: tokens(5000), idle: tokens(1000) })
  ledger.away()
  ledger.emptyBlocks(2)
  expect(ledger.block([ledger.transaction(walt, [unjail])])).toEqual(['jailed-still'])
  expect(ledger.block([ledger.transaction(walt, [unjail])])).toEqual(['executed'])
  expect(ledger.powerOf(walt)).toBe(tokens(1000))
  expect(ledger.totals()).toMatchObject({ validators: 4, idle: 0n })
})

test('the window slides: an absence is forgotten when it has left it, and then nothing is kept', () => {
  const ledger = world()
  ledger.emptyBlocks(1)
  ledger.away(walt)
  ledger.emptyBlocks(3)
  ledger.away()
  expect(missed(ledger, walt)).toBe(3)
  ledger.emptyBlocks(7)
  expect(missed(ledger, walt)).toBe(3)
  ledger.emptyBlocks(2)
  expect(missed(ledger, walt)).toBe(1)
  ledger.emptyBlocks(1)
  expect(missed(ledger, walt)).toBeUndefined()
})

test('absences that are spread out count alike', () => {
  const ledger = world()
  ledger.emptyBlocks(1)
  for (let pair = 0; pair < 6; pair++) {
    expect(ledger.powerOf(walt)).toBe(tokens(1000))
    ledger.away(walt)
    ledger.emptyBlocks(1)
    ledger.away()
    ledger.emptyBlocks(pair < 4 ? 1 : 0)
  }
  expect(ledger.powerOf(walt)).toBe(0n)
})

test('no more are jailed than leave two thirds of the stake voting', () => {
  const ledger = world()
  ledger.emptyBlocks(1)
  ledger.away(walt, xena, person('zora'))
  ledger.emptyBlocks(20)
  const away = [walt, xena, person('zora')].filter((each) => ledger.powerOf(each) === 0n)
  expect(away).toHaveLength(2)
  expect(ledger.powerOf(vera)).toBe(tokens(3000))
})

test('the last validator is never jailed', () => {
  const ledger = createLedgerWorld({ balances: {}, validators: { vera: 1000 }, parameters: { downtime_window: 4 } })
  ledger.emptyBlocks(1)
  ledger.away(vera)
  ledger.emptyBlocks(10)
  expect(ledger.powerOf(vera)).toBe(tokens(1000))
})

test('a window of no blocks jails nobody', () => {
  const ledger = world({ downtime_window: 0 })
  ledger.emptyBlocks(1)
  ledger.away(walt)
  ledger.emptyBlocks(30)
  expect(ledger.powerOf(walt)).toBe(tokens(1000))
})

test('a window of several records is counted as one', () => {
  const ledger = world({ downtime_window: 2500, downtime_min_signed_basis_points: 9000 })
  ledger.emptyBlocks(1000)
  ledger.away(walt)
  ledger.emptyBlocks(250)
  expect(missed(ledger, walt)).toBe(250)
  ledger.emptyBlocks(1)
  expect(ledger.powerOf(walt)).toBe(0n)
  expect(missed(ledger, walt)).toBeUndefined()
})

test('a jailed validator neither earns nor takes stake in, and may take its own out', () => {
  const ledger = world()
  ledger.emptyBlocks(1)
  ledger.away(walt)
  ledger.emptyBlocks(7)
  const stake: Operation = { type: 'stake', amount: tokens(1) }
  const delegate: Operation = { type: 'delegate', operator: walt.address, amount: tokens(1) }
  expect(ledger.block([ledger.transaction(walt, [stake])])).toEqual(['validator-jailed'])
  expect(ledger.block([ledger.transaction(yuri, [delegate])])).toEqual(['validator-jailed'])
  expect(ledger.block([ledger.transaction(walt, [{ type: 'unstake', amount: tokens(500) }])])).toEqual(['executed'])
  ledger.emptyBlocks(5)
  expect(ledger.block([ledger.transaction(walt, [unjail])])).toEqual(['stake-too-low'])
})
