import { expect, test } from 'vitest'
import {
  createLedgerWorld,
  person,
  registration,
  type TransactionFields,
  tokens,
  transferTo,
} from '../../../test/ledger/ledger-world.ts'
import type { Operation } from '../../chain/transaction.ts'
import { nonceWindow } from './check-transaction.ts'

const [ada, bob] = [person('ada'), person('bob')]

function checked(operations: readonly Operation[], fields: TransactionFields = {}, from = ada) {
  const ledger = createLedgerWorld({ balances: { ada: 2000 }, validators: { vera: 1000 } })
  ledger.block([ledger.transaction(ada, [transferTo(ada, 1n)])])
  const transaction = ledger.transaction(from, operations, fields)
  return ledger.application.checkTx(transaction, { state: ledger.state, height: ledger.height() + 1 })
}

test('a good transaction tells how its sender stands', () => {
  expect(checked([transferTo(bob, tokens(1))])).toEqual({
    ok: true,
    value: { nextNonce: 1, funds: tokens(2000) - 10_000_000n },
  })
  expect(checked([transferTo(bob, 1n)], { nonce: 1 + nonceWindow }).ok).toBe(true)
  expect(checked([registration(ada, tokens(1000))]).ok).toBe(true)
})

test.each<[string, readonly Operation[], TransactionFields, typeof ada]>([
  ['TX_EXPIRED', [transferTo(bob, 1n)], { expiryHeight: 1 }, ada],
  ['TX_UNDERPAID', [transferTo(bob, 1n)], { fee: 999n }, ada],
  ['TX_UNDERPAID', [registration(ada, tokens(1000))], { fee: 1000n }, ada],
  ['TX_NONCE_TOO_LOW', [transferTo(bob, 1n)], { nonce: 0 }, ada],
  ['TX_NONCE_GAP', [transferTo(bob, 1n)], { nonce: 2 + nonceWindow }, ada],
  ['TX_INSUFFICIENT_BALANCE', [transferTo(bob, 1n)], {}, bob],
  ['TX_INSUFFICIENT_BALANCE', [transferTo(bob, tokens(1000)), transferTo(bob, tokens(1000))], {}, ada],
  ['TX_INSUFFICIENT_BALANCE', [registration(ada, tokens(2000))], {}, ada],
  ['TX_OPERATION_INVALID', [registration(bob, tokens(1000))], {}, ada],
])('%s', (code, operations, fields, from) => {
  expect(checked(operations, fields, from)).toMatchObject({ ok: false, error: { code } })
})

test.each<[string, readonly Operation[]]>([
  ['twice', [registration(ada, tokens(1000)), registration(ada, tokens(500))]],
  ['with too little stake', [registration(ada, tokens(999))]],
  [
    'under another’s key',
    [{ ...registration(ada, tokens(1000)), consensusKey: person('vera').consensus.publicKey } as Operation],
  ],
])('a registration %s is refused before its proof, which nobody has paid for, is looked at', (_, operations) => {
  const forged = operations.map((operation) => ({ ...operation, possession: new Uint8Array(96) }) as Operation)
  expect(checked(forged)).toMatchObject({
    ok: false,
    error: { code: 'TX_OPERATION_INVALID', detail: expect.not.stringContaining('possession') },
  })
})
