import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  createLedgerWorld,
  doubleVote,
  type LedgerWorld,
  person,
  registration,
  rotation,
  tokens,
  transferTo,
} from '../../../test/ledger/ledger-world.ts'
import type { Operation } from '../../chain/transaction.ts'
import { bytesEqual, toHex } from '../../primitives/bytes.ts'
import { readDelegation, readRewards } from './records.ts'
import { powerOf } from './rewards.ts'

const names = ['ada', 'bob', 'vera', 'walt'] as const
const name = fc.constantFrom(...names)
const amount = fc.oneof(fc.bigInt(0n, 10n), fc.bigInt(0n, tokens(3000)))

const operation = fc.oneof(
  fc.record({ to: name, amount }).map(({ to, amount: moved }) => transferTo(person(to), moved)),
  fc.record({ amount }).map((fields): Operation => ({ type: 'stake', ...fields })),
  fc.record({ amount }).map((fields): Operation => ({ type: 'unstake', ...fields })),
  fc.record({ of: name, stake: amount }).map(({ of, stake }) => registration(person(of), stake)),
  fc.record({ to: name, amount }).map((fields) => delegation('delegate', fields)),
  fc.record({ to: name, amount }).map((fields) => delegation('undelegate', fields)),
  name.map((of): Operation => ({ type: 'withdraw-rewards', operator: person(of).address })),
  fc.nat(10_000).map((basisPoints): Operation => ({ type: 'set-commission', basisPoints })),
  name.map((of) => rotation(person(of), person(`${of} again`))),
  fc.constant<Operation>({ type: 'unjail' }),
  fc.constantFrom<Operation>(
    { type: 'propose-parameter', name: 'unbonding_blocks', value: 1 },
    { type: 'propose-parameter', name: 'downtime_window', value: 2 },
    { type: 'propose-parameter', name: 'proposer_basis_points', value: 9_999 },
    { type: 'propose-parameter', name: 'slash_basis_points', value: 10_000 },
  ),
  fc.nat(3).map((proposal): Operation => ({ type: 'vote-parameter', proposal, approve: true })),
)

function delegation(type: 'delegate' | 'undelegate', { to, amount: moved }: { to: string; amount: bigint }): Operation {
  return { type, operator: person(to).address, amount: moved }
}

const transaction = fc.record({
  from: name,
  nonceOffset: fc.constantFrom(0, 0, 0, 1),
  fee: fc.bigInt(0n, 3_000_000n),
  operations: fc.array(operation, { minLength: 1, maxLength: 3 }),
})
const block = fc.record({
  transactions: fc.array(transaction, { maxLength: 4 }),
  offender: fc.option(name, { freq: 6 }),
  away: fc.subarray(['ada', 'bob', 'vera', 'walt', 'vera again', 'walt again']),
})

/** Everything that anybody owns, or will. */
function sumOf(ledger: LedgerWorld): bigint {
  const { pending, outstanding } = readRewards(ledger.state)
  let sum = pending + outstanding
  for (const each of names.map(person)) {
    sum += ledger.account(each).balance
    const validator = ledger.validator(each)
    for (const entry of validator?.unbonding ?? []) sum += entry.amount
    if (validator) sum += validator.stake + validator.earned + validator.pool.tokens + validator.pool.rewards
    for (const other of names.map(person)) {
      for (const entry of readDelegation(ledger.state, each.address, other.address)?.unbonding ?? []) sum += entry.amount
    }
  }
  return sum
}

/** What stands with each validator is what its delegators own of it. */
function checkPools(ledger: LedgerWorld): void {
  for (const operator of names.map(person)) {
    const pool = ledger.validator(operator)?.pool
    if (!pool) continue
    let shares = 0n
    for (const delegator of names.map(person)) {
      shares += readDelegation(ledger.state, operator.address, delegator.address)?.shares ?? 0n
    }
    expect(shares).toBe(pool.shares)
    expect(pool.tokens <= pool.shares).toBe(true)
  }
}

test('only issuance creates and only slashing destroys; powers, seats, shares and stakes agree; every node computes the same', () => {
  const worlds = fc.record({ issuance: fc.constantFrom(0, 7, 1_000_003), blocks: fc.array(block, { maxLength: 16 }) })
  fc.assert(
    fc.property(worlds, ({ issuance, blocks }) => {
      const [ledger, other] = [0, 1].map(() =>
        createLedgerWorld({
          balances: { ada: 5000, bob: 3000 },
          validators: { vera: 2000, walt: 1000 },
          parameters: {
            unbonding_blocks: 2,
            issuance_per_block: issuance,
            minimum_delegation: 3,
            downtime_window: 3,
            downtime_jail_blocks: 2,
            vote_period_blocks: 2,
          },
        }),
      ) as [LedgerWorld, LedgerWorld]
      for (const { transactions, offender, away } of blocks) {
        const nonces = new Map(names.map((each) => [each, ledger.account(person(each)).nonce]))
        const signed = transactions.map(({ from, nonceOffset, fee, operations }) => {
          const nonce = nonces.get(from) ?? 0
          nonces.set(from, nonce + 1)
          return ledger.transaction(person(from), operations, { nonce: nonce + nonceOffset, fee })
        })
        const evidence = offender ? [doubleVote(person(offender), ledger.height())] : []
        for (const world of [ledger, other]) world.away(...away.map(person))
        expect(ledger.execute(signed, evidence)).toEqual(other.execute(signed, evidence))

        const { issued, burned, validators, power, idle } = ledger.totals()
        expect(sumOf(ledger)).toBe(issued - burned)
        expect(validators).toBe(ledger.validators().validators.length)
        expect(power).toBe(ledger.validators().totalPower)
        expect(3n * power >= 2n * idle).toBe(true)
        for (const each of names.map(person)) {
          const validator = ledger.validator(each)
          const seated = ledger
            .validators()
            .validators.find(({ consensusKey }) => validator && bytesEqual(consensusKey, validator.consensusKey))
          expect(seated?.power ?? 0n).toBe(validator ? powerOf(validator) : 0n)
        }
        checkPools(ledger)
      }
      const changes = (world: LedgerWorld) => world.state.changes().map(([key, value]) => [toHex(key), value && toHex(value)])
      expect(changes(ledger)).toEqual(changes(other))
      expect(ledger.state.changes().every(([key]) => key[0] !== 0)).toBe(true)
    }),
    { numRuns: 60 },
  )
})
