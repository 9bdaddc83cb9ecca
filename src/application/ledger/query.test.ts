import { expect, test } from 'vitest'
import { createLedgerWorld, person, tokens } from '../../../test/ledger/ledger-world.ts'
import { decode } from '../../codec/codec.ts'
import { concatBytes } from '../../primitives/bytes.ts'
import { accountSchema, ledgerValidatorSchema, rewardsSchema, totalsSchema } from './records.ts'

const [ada, eve, vera] = [person('ada'), person('eve'), person('vera')]
const { application, state } = createLedgerWorld({ balances: { ada: 3 }, validators: { vera: 1000 } })

function answer(path: string, data: Uint8Array): Uint8Array {
  const result = application.query?.(path, data, state)
  if (!result?.ok) throw new Error(result?.error.code)
  return result.value
}

test('records are answered as they stand in the state', () => {
  expect(decode(accountSchema, answer('account', ada.address))).toEqual({ ok: true, value: { balance: tokens(3), nonce: 0 } })
  expect(decode(accountSchema, answer('account', eve.address))).toEqual({ ok: true, value: { balance: 0n, nonce: 0 } })
  expect(decode(ledgerValidatorSchema, answer('validator', vera.address))).toMatchObject({ ok: true, value: { jailed: false } })
  expect(answer('validator', ada.address)).toEqual(new Uint8Array(0))
  expect(answer('operator', vera.consensus.publicKey).subarray(2)).toEqual(vera.address)
  expect(answer('operator', ada.consensus.publicKey)).toEqual(new Uint8Array(0))
  expect(answer('delegation', concatBytes(vera.address, ada.address))).toEqual(new Uint8Array(0))
  expect(decode(rewardsSchema, answer('rewards', new Uint8Array(0)))).toMatchObject({ ok: true, value: { pending: 0n } })
  expect(decode(totalsSchema, answer('totals', new Uint8Array(0)))).toMatchObject({ ok: true, value: { validators: 1 } })
})

test.each([
  ['QUERY_UNKNOWN', 'balance', ada.address],
  ['QUERY_MALFORMED', 'account', new Uint8Array(19)],
  ['QUERY_MALFORMED', 'validator', new Uint8Array(0)],
  ['QUERY_MALFORMED', 'operator', ada.address],
  ['QUERY_MALFORMED', 'delegation', ada.address],
])('%s', (code, path, data) => {
  expect(application.query?.(path, data, state)).toMatchObject({ ok: false, error: { code } })
})
