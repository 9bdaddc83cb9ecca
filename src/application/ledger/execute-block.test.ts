import { expect, test } from 'vitest'
import {
  createLedgerWorld,
  doubleVote,
  falseHeader,
  person,
  registration,
  tokens,
  transferTo,
} from '../../../test/ledger/ledger-world.ts'
import { validatorsMax } from '../../chain/limits.ts'
import type { Operation } from '../../chain/transaction.ts'
import { toHex } from '../../primitives/bytes.ts'
import { leastFee } from './parameters.ts'
import { readPossession, writeAccount, writeTotals } from './records.ts'

const [ada, bob, eve, vera] = ['ada', 'bob', 'eve', 'vera'].map(person) as [
  ReturnType<typeof person>,
  ReturnType<typeof person>,
  ReturnType<typeof person>,
  ReturnType<typeof person>,
]
const fee = 10_000_000n

function world(parameters: Readonly<Record<string, number>> = {}) {
  return createLedgerWorld({
    balances: { ada: 10_000, bob: 10_000 },
    validators: { vera: 5000, walt: 3000 },
    parameters: { unbonding_blocks: 3, proposer_basis_points: 10_000, ...parameters },
  })
}

test('a transfer moves base units, takes the nonce, and its fee goes to the operator of the proposer', () => {
  const ledger = world()
  const transaction = ledger.transaction(ada, [transferTo(eve, tokens(7))])
  const { results } = ledger.execute([transaction])
  expect(results).toEqual([
    {
      code: 0,
      data: new Uint8Array(0),
      events: [
        {
          type: 'transfer',
          attributes: [
            { key: 'from', value: toHex(ada.address) },
            { key: 'to', value: toHex(eve.address) },
            { key: 'amount', value: '7000000000' },
          ],
        },
      ],
    },
  ])
  expect(ledger.account(ada)).toEqual({ balance: tokens(10_000) - tokens(7) - fee, nonce: 1 })
  expect(ledger.account(eve)).toEqual({ balance: tokens(7), nonce: 0 })
  expect(ledger.account(vera)).toEqual({ balance: fee, nonce: 0 })
})

test('a transfer to oneself costs the fee alone', () => {
  const ledger = world()
  expect(ledger.block([ledger.transaction(ada, [transferTo(ada, tokens(10_000) - fee)])])).toEqual(['executed'])
  expect(ledger.account(ada)).toEqual({ balance: tokens(10_000) - fee, nonce: 1 })
})

test('operations are all or nothing: one that fails takes the others back, and the fee stays paid', () => {
  const ledger = world()
  const operations = [transferTo(eve, tokens(1)), transferTo(bob, tokens(2)), transferTo(eve, tokens(1_000_000))]
  const { results } = ledger.execute([ledger.transaction(ada, operations)])
  expect(results).toMatchObject([{ code: 16, events: [] }])
  expect(ledger.account(ada)).toEqual({ balance: tokens(10_000) - fee, nonce: 1 })
  expect(ledger.account(bob)).toEqual({ balance: tokens(10_000), nonce: 0 })
  expect(ledger.account(eve)).toEqual({ balance: 0n, nonce: 0 })
  expect(ledger.account(vera).balance).toBe(fee)
})

test('what one operation receives, the next one of another sender in the same block can spend', () => {
  const ledger = world()
  const first = ledger.transaction(ada, [transferTo(eve, tokens(2))])
  const second = ledger.transaction(eve, [transferTo(bob, tokens(1))])
  expect(ledger.block([first, second])).toEqual(['executed', 'executed'])
})

test.each<[string, () => [ReturnType<typeof world>, Parameters<ReturnType<typeof world>['transaction']>]]>([
  ['nonce-too-high', () => [world(), [ada, [transferTo(bob, 1n)], { nonce: 1 }]]],
  ['underpaid', () => [world(), [ada, [transferTo(bob, 1n)], { fee: 999n }]]],
  ['underpaid', () => [world(), [ada, [transferTo(bob, 1n), transferTo(bob, 1n)], { fee: 1999n }]]],
  ['expired', () => [world(), [ada, [transferTo(bob, 1n)], { expiryHeight: 0 }]]],
  ['fee-unaffordable', () => [world(), [eve, [transferTo(bob, 1n)]]]],
])('%s: skipped without effect and without fee', (name, given) => {
  const [ledger, [from, operations, fields]] = given()
  const before = [ledger.account(ada), ledger.account(bob), ledger.account(eve), ledger.account(vera)]
  expect(ledger.block([ledger.transaction(from, operations, fields)])).toEqual([name])
  expect([ledger.account(ada), ledger.account(bob), ledger.account(eve), ledger.account(vera)]).toEqual(before)
})

test('a replayed transaction is skipped, in the same block and in a later one', () => {
  const ledger = world()
  const transaction = ledger.transaction(ada, [transferTo(bob, 1n)])
  expect(ledger.block([transaction, transaction])).toEqual(['executed', 'nonce-too-low'])
  expect(ledger.block([transaction])).toEqual(['nonce-too-low'])
  expect(ledger.account(bob).balance).toBe(tokens(10_000) + 1n)
})

test('a transaction may stand in the block of its expiry height, and in none after it', () => {
  const ledger = world()
  const [first, second] = [0, 1].map((nonce) => ledger.transaction(ada, [transferTo(bob, 1n)], { nonce, expiryHeight: 1 }))
  expect(ledger.block([first!])).toEqual(['executed'])
  expect(ledger.block([second!])).toEqual(['expired'])
})

test('an amount of nothing fails', () => {
  const ledger = world()
  expect(ledger.block([ledger.transaction(ada, [transferTo(bob, 0n)])])).toEqual(['amount-zero'])
})

test('who registers a validator has its stake as power from the next block on', () => {
  const ledger = world()
  expect(ledger.block([ledger.transaction(ada, [registration(ada, tokens(2000))])])).toEqual(['executed'])
  expect(ledger.powerOf(ada)).toBe(tokens(2000))
  expect(ledger.account(ada).balance).toBe(tokens(8000) - fee)
  expect(ledger.totals().validators).toBe(3)
  const { possession } = registration(ada, tokens(2000)) as { readonly possession: Uint8Array }
  expect(readPossession(ledger.state, ada.consensus.publicKey)).toEqual({ operator: ada.address, proof: possession })
  expect(readPossession(ledger.state, vera.consensus.publicKey)).toBeUndefined()
  expect(ledger.validator(ada)).toMatchObject({
    consensusKey: ada.consensus.publicKey,
    stake: tokens(2000),
    jailed: false,
    unbonding: [],
  })
})

test('registering again under the same key adds to the stake, without another proof', () => {
  const ledger = world()
  const again = { ...registration(ada, tokens(1)), possession: new Uint8Array(96) } as Operation
  expect(ledger.block([ledger.transaction(ada, [registration(ada, tokens(1000)), again])])).toEqual(['executed'])
  expect(ledger.powerOf(ada)).toBe(tokens(1001))
})

const stakeOf = (amount: bigint): Operation => ({ type: 'stake', amount })
const unstakeOf = (amount: bigint): Operation => ({ type: 'unstake', amount })

test.each<[string, ReturnType<typeof person>, readonly Operation[]]>([
  ['stake-too-low', ada, [registration(ada, tokens(1000) - 1n)]],
  ['balance-too-low', ada, [registration(ada, tokens(10_000))]],
  ['key-taken', ada, [registration(vera, tokens(1000))]],
  ['possession-unproved', ada, [{ ...registration(ada, tokens(1000)), possession: new Uint8Array(96) } as Operation]],
  ['possession-unproved', ada, [{ ...registration(ada, tokens(1000)), consensusKey: bob.consensus.publicKey } as Operation]],
  ['possession-unproved', ada, [registration(bob, tokens(1000))]],
  ['key-differs', ada, [registration(ada, tokens(1000)), registration(bob, tokens(1000))]],
  ['not-a-validator', ada, [stakeOf(1n)]],
  ['not-a-validator', ada, [unstakeOf(1n)]],
  ['amount-zero', ada, [registration(ada, tokens(1000)), stakeOf(0n)]],
  ['amount-zero', ada, [registration(ada, tokens(1000)), unstakeOf(0n)]],
  ['balance-too-low', ada, [registration(ada, tokens(1000)), stakeOf(tokens(9000))]],
  ['balance-too-low', ada, [registration(ada, tokens(1000)), unstakeOf(tokens(1001))]],
  ['stake-too-low', ada, [registration(ada, tokens(1500)), unstakeOf(tokens(501))]],
])('%s: operations of a validator that fail cost the fee and change nothing', (name, from, operations) => {
  const ledger = world()
  expect(ledger.block([ledger.transaction(from, operations)])).toEqual([name])
  expect(ledger.account(from)).toEqual({ balance: tokens(10_000) - fee, nonce: 1 })
  expect(ledger.validator(from)).toBeUndefined()
  expect(ledger.powerOf(from)).toBe(0n)
  expect(ledger.totals().validators).toBe(2)
})

test('a registration costs more than another operation', () => {
  const ledger = world()
  const least = leastFee(ledger.parameters, [registration(ada, tokens(1000))])
  expect(least).toBe(1_001_000n)
  expect(ledger.block([ledger.transaction(ada, [registration(ada, tokens(1000))], { fee: least - 1n })])).toEqual(['underpaid'])
})

test('a block registers 16 validators at most', () => {
  const names = Array.from({ length: 17 }, (_, index) => `candidate ${index}`)
  const ledger = createLedgerWorld({
    balances: Object.fromEntries(names.map((name) => [name, 2000])),
    validators: { vera: 1000 },
  })
  const block = names.map((name) => ledger.transaction(person(name), [registration(person(name), tokens(1000))]))
  const results = ledger.block(block)
  expect(results.filter((result) => result === 'executed')).toHaveLength(16)
  expect(results[16]).toBe('registrations-full')
  expect(ledger.block([ledger.transaction(person(names[16]!), [registration(person(names[16]!), tokens(1000))])])).toEqual([
    'executed',
  ])
})

test('nobody becomes, or comes back as, a validator beyond the most a set may have', () => {
  const ledger = world({ unbonding_blocks: 1 })
  writeAccount(ledger.state, person('walt').address, { balance: tokens(1), nonce: 0 })
  const leaving = ledger.transaction(person('walt'), [{ type: 'unstake', amount: tokens(3000) }])
  expect(ledger.block([leaving])).toEqual(['executed'])
  ledger.emptyBlocks(2)
  writeTotals(ledger.state, { ...ledger.totals(), validators: validatorsMax })
  const back = ledger.transaction(person('walt'), [{ type: 'stake', amount: tokens(2000) }])
  expect(ledger.block([ledger.transaction(ada, [registration(ada, tokens(1000))]), back])).toEqual([
    'validators-full',
    'validators-full',
  ])
})

test('unstaked tokens lose their vote at once and are free when unbonding ends', () => {
  const ledger = world()
  ledger.block([ledger.transaction(ada, [registration(ada, tokens(3000))])])
  const before = ledger.account(ada).balance
  expect(ledger.block([ledger.transaction(ada, [unstakeOf(tokens(500)), unstakeOf(tokens(500))])])).toEqual(['executed'])
  expect(ledger.powerOf(ada)).toBe(tokens(2000))
  expect(ledger.validator(ada)?.unbonding).toEqual([{ since: 2, height: 5, amount: tokens(1000) }])
  ledger.emptyBlocks(2)
  expect(ledger.account(ada).balance).toBe(before - fee)
  ledger.emptyBlocks(1)
  expect(ledger.account(ada).balance).toBe(before - fee + tokens(1000))
  expect(ledger.validator(ada)?.unbonding).toEqual([])
})

test('a validator that takes out everything leaves, and comes back with the minimum', () => {
  const ledger = world()
  ledger.block([ledger.transaction(ada, [registration(ada, tokens(1000))])])
  expect(ledger.block([ledger.transaction(ada, [unstakeOf(tokens(1000))])])).toEqual(['executed'])
  expect(ledger.powerOf(ada)).toBe(0n)
  expect(ledger.totals().validators).toBe(2)
  expect(ledger.block([ledger.transaction(ada, [stakeOf(tokens(999))])])).toEqual(['stake-too-low'])
  expect(ledger.block([ledger.transaction(ada, [stakeOf(tokens(1000))])])).toEqual(['executed'])
  expect(ledger.powerOf(ada)).toBe(tokens(1000))
  expect(ledger.totals().validators).toBe(3)
})

test('a validator may come and go within one block', () => {
  const ledger = world()
  const transaction = ledger.transaction(ada, [registration(ada, tokens(1000)), unstakeOf(tokens(1000))])
  expect(ledger.execute([transaction])).toMatchObject({ results: [{ code: 0 }], validatorUpdates: [] })
})

test('the last validator cannot leave', () => {
  const ledger = createLedgerWorld({ balances: { vera: 10 }, validators: { vera: 1000 } })
  expect(ledger.block([ledger.transaction(vera, [unstakeOf(tokens(1000))])])).toEqual(['last-validator'])
})

test('sixteen unstakings can be under way at once', () => {
  const ledger = world({ unbonding_blocks: 1000 })
  ledger.block([ledger.transaction(ada, [registration(ada, tokens(3000))])])
  for (let count = 0; count < 16; count++) expect(ledger.block([ledger.transaction(ada, [unstakeOf(1n)])])).toEqual(['executed'])
  expect(ledger.block([ledger.transaction(ada, [unstakeOf(1n)])])).toEqual(['unbonding-full'])
})

test('a double signature burns a part of the stake and ends the vote for ever', () => {
  const ledger = world()
  ledger.block([ledger.transaction(ada, [registration(ada, tokens(2000))])])
  ledger.emptyBlocks(1)
  const issued = ledger.totals().issued
  ledger.block([], [doubleVote(ada, 2)])
  expect(ledger.powerOf(ada)).toBe(0n)
  expect(ledger.validator(ada)).toMatchObject({ stake: tokens(1900), jailed: true })
  expect(ledger.totals()).toEqual({ issued, burned: tokens(100), validators: 2, power: tokens(8000), idle: 0n })
  expect(ledger.block([ledger.transaction(ada, [stakeOf(tokens(1000))])])).toEqual(['validator-jailed'])
  expect(ledger.block([ledger.transaction(ada, [unstakeOf(tokens(1899))])])).toEqual(['executed'])
  expect(ledger.block([ledger.transaction(ada, [unstakeOf(tokens(1))])])).toEqual(['executed'])
  expect(ledger.totals().validators).toBe(2)
})

test.each([
  ['two certificates of one round', (by: typeof ada) => falseHeader(by, 2, { sameRound: true })],
  ['a false header', (by: typeof ada) => falseHeader(by, 2)],
])('%s costs what a double signature costs, and no more beside one', (_, evidence) => {
  const ledger = world()
  ledger.block([ledger.transaction(ada, [registration(ada, tokens(2000))])])
  ledger.emptyBlocks(1)
  ledger.block([], [evidence(ada)])
  expect(ledger.powerOf(ada)).toBe(0n)
  expect(ledger.validator(ada)).toMatchObject({ stake: tokens(1900), jailed: true, convicted: { height: 2 } })
  ledger.block([], [evidence(ada), doubleVote(ada, 2), doubleVote(ada, 3)])
  expect(ledger.totals().burned).toBe(tokens(100))
})

test('further evidence against a jailed validator changes nothing', () => {
  const ledger = world()
  ledger.block([], [doubleVote(vera, 1), doubleVote(vera, 1)])
  ledger.block([], [doubleVote(vera, 1)])
  expect(ledger.totals().burned).toBe(tokens(250))
})

test('stake on its way back is punished when it was at stake at the offence, and not otherwise', () => {
  const ledger = world({ unbonding_blocks: 100 })
  ledger.block([ledger.transaction(ada, [registration(ada, tokens(4000))])])
  ledger.block([ledger.transaction(ada, [unstakeOf(tokens(1000))])])
  ledger.emptyBlocks(3)
  ledger.block([ledger.transaction(ada, [unstakeOf(tokens(1000))])])
  ledger.block([], [doubleVote(ada, 6)])
  expect(ledger.validator(ada)).toMatchObject({
    stake: tokens(1900),
    unbonding: [
      { since: 2, height: 102, amount: tokens(1000) },
      { since: 6, height: 106, amount: tokens(950) },
    ],
  })
  expect(ledger.totals().burned).toBe(tokens(150))
})

test('the last validator is punished and keeps its vote', () => {
  const ledger = createLedgerWorld({ balances: {}, validators: { vera: 1000 } })
  ledger.block([], [doubleVote(vera, 1)])
  expect(ledger.powerOf(vera)).toBe(tokens(950))
})

test('evidence against somebody unknown changes nothing', () => {
  const ledger = world()
  expect(ledger.execute([], [doubleVote(eve, 1)]).validatorUpdates).toEqual([])
})
