import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  createLedgerWorld,
  doubleVote,
  type LedgerWorld,
  person,
  registration,
  tokens,
  transferTo,
} from '../../../test/ledger/ledger-world.ts'
import type { Operation } from '../../chain/transaction.ts'
import { toHex } from '../../primitives/bytes.ts'

const names = ['ada', 'bob', 'vera', 'walt'] as const
const name = fc.constantFrom(...names)
const amount = fc.oneof(fc.bigInt(0n, 10n), fc.bigInt(0n, tokens(3000)))

const operation = fc.oneof(
  fc.record({ to: name, amount }).map(({ to, amount: moved }) => transferTo(person(to), moved)),
  fc.record({ amount }).map((fields): Operation => ({ type: 'stake', ...fields })),
  fc.record({ amount }).map((fields): Operation => ({ type: 'unstake', ...fields })),
  fc.record({ of: name, stake: amount }).map(({ of, stake }) => registration(person(of), stake)),
)
const transaction = fc.record({
  from: name,
  nonceOffset: fc.constantFrom(0, 0, 0, 1),
  fee: fc.bigInt(0n, 3_000_000n),
  operations: fc.array(operation, { minLength: 1, maxLength: 3 }),
})
const block = fc.record({
  transactions: fc.array(transaction, { maxLength: 4 }),
  offender: fc.option(name, { freq: 6 }),
})

function sumOf(ledger: LedgerWorld): bigint {
  let sum = 0n
  for (const each of names.map(person)) {
    sum += ledger.account(each).balance
    const validator = ledger.validator(each)
    for (const entry of validator?.unbonding ?? []) sum += entry.amount
    sum += validator?.stake ?? 0n
  }
  return sum
}

test('nothing is created and only slashing destroys; powers, seats and stakes agree; every node computes the same', () => {
  fc.assert(
    fc.property(fc.array(block, { maxLength: 12 }), (blocks) => {
      const [ledger, other] = [0, 1].map(() =>
        createLedgerWorld({
          balances: { ada: 5000, bob: 3000 },
          validators: { vera: 2000, walt: 1000 },
          parameters: { unbonding_blocks: 2 },
        }),
      ) as [LedgerWorld, LedgerWorld]
      for (const { transactions, offender } of blocks) {
        const nonces = new Map(names.map((each) => [each, ledger.account(person(each)).nonce]))
        const signed = transactions.map(({ from, nonceOffset, fee, operations }) => {
          const nonce = nonces.get(from) ?? 0
          nonces.set(from, nonce + 1)
          return ledger.transaction(person(from), operations, { nonce: nonce + nonceOffset, fee })
        })
        const evidence = offender ? [doubleVote(person(offender), ledger.height())] : []
        expect(ledger.execute(signed, evidence)).toEqual(other.execute(signed, evidence))

        const { issued, burned, validators } = ledger.totals()
        expect(sumOf(ledger)).toBe(issued - burned)
        expect(validators).toBe(ledger.validators().validators.length)
        for (const each of names.map(person)) {
          const validator = ledger.validator(each)
          expect(ledger.powerOf(each)).toBe(validator && !validator.jailed ? validator.stake : 0n)
        }
      }
      const changes = (world: LedgerWorld) => world.state.changes().map(([key, value]) => [toHex(key), value && toHex(value)])
      expect(changes(ledger)).toEqual(changes(other))
      expect(ledger.state.changes().every(([key]) => key[0] !== 0)).toBe(true)
    }),
    { numRuns: 60 },
  )
})
