import { expect, test } from 'vitest'
import { chainId, createLedgerWorld, person, signedTransaction, transferTo } from '../../../test/ledger/ledger-world.ts'
import { transactionSchema } from '../../chain/transaction.ts'
import { decode, encode } from '../../codec/codec.ts'
import { ed25519Verify } from '../../crypto/ed25519.ts'
import { type Bytes, toHex } from '../../primitives/bytes.ts'

const ada = person('ada')
const { application } = createLedgerWorld({ balances: {}, validators: { vera: 1000 } })
const fields = { chainId, nonce: 5, fee: 2000n, expiryHeight: 9 }
const good = signedTransaction(ada, [transferTo(person('bob'), 30n), transferTo(person('bob'), 4n)], fields)

test('the bytes tell sender, nonce, fee, expiry, what is spent, and the signature to check', () => {
  const decoded = application.decodeTransaction(good)
  if (!decoded.ok) throw new Error(decoded.error.code)
  expect(decoded.value).toMatchObject({
    sender: { key: toHex(ada.address), nonce: 5 },
    fee: 2000n,
    spends: 2034n,
    expiryHeight: 9,
  })
  expect(decoded.value.signatures).toHaveLength(1)
  for (const { publicKey, message, signature } of decoded.value.signatures) {
    expect(ed25519Verify(publicKey, message, signature)).toBe(true)
  }
})

test('a signature does not carry over to anything else that the transaction could say', () => {
  const transaction = decode(transactionSchema, good)
  if (!transaction.ok) throw new Error(transaction.error.code)
  const changes = [{ nonce: 6 }, { fee: 2001n }, { expiryHeight: 10 }, { operations: [transferTo(ada, 30n)] }]
  for (const change of changes) {
    const decoded = application.decodeTransaction(encode(transactionSchema, { ...transaction.value, ...change }))
    if (!decoded.ok) throw new Error(decoded.error.code)
    const [item] = decoded.value.signatures
    expect(ed25519Verify(item!.publicKey, item!.message, item!.signature)).toBe(false)
  }
})

test('a transaction for another chain is refused as such', () => {
  const foreign = signedTransaction(ada, [transferTo(ada, 1n)], { ...fields, chainId: new Uint8Array(32).fill(8) })
  expect(application.decodeTransaction(foreign)).toMatchObject({ ok: false, error: { code: 'TX_WRONG_CHAIN' } })
})

const withByte = (index: number, value: number): Bytes => {
  const copy = good.slice()
  copy[index] = value
  return copy
}
test.each<[string, Bytes]>([
  ['nothing', new Uint8Array(0)],
  ['another type', Uint8Array.of(0xc0)],
  ['too few fields', withByte(0, 0x96)],
  ['too many fields', withByte(0, 0x98)],
  ['a longer form of the nonce', Uint8Array.of(...good.subarray(0, 69), 0xcc, 5, ...good.subarray(70))],
  ['trailing bytes', Uint8Array.of(...good, 0)],
  ['an end too early', good.subarray(0, good.length - 1)],
])('malformed: %s', (_name, encoded) => {
  expect(application.decodeTransaction(encoded)).toMatchObject({ ok: false, error: { code: 'TX_MALFORMED' } })
})

test('a transaction without operations is malformed', () => {
  const transaction = decode(transactionSchema, good)
  if (!transaction.ok) throw new Error(transaction.error.code)
  // The list's header stands before the first operation, an array of four.
  const start = good.indexOf(0x92, 70)
  const empty = Uint8Array.of(...good.subarray(0, start), 0x90, ...good.subarray(good.length - 66))
  expect(application.decodeTransaction(empty)).toMatchObject({ ok: false, error: { code: 'TX_MALFORMED' } })
})

test('whatever the bytes, decoding never throws', () => {
  for (let index = 0; index < good.length; index++) {
    for (const value of [0, 0x7f, 0x80, 0xc1, 0xdd, 0xff]) application.decodeTransaction(withByte(index, value))
    application.decodeTransaction(good.subarray(0, index))
  }
})
