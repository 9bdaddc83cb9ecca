import { expect, test } from 'vitest'
import { type PlainFields, plainTransaction } from '../../test/mempool/plain-transaction.ts'
import type { DecodedTransaction } from '../application/application.ts'
import { type AddContext, createMempool, type Mempool } from './mempool.ts'
import { defaultMempoolLimits, type MempoolLimits } from './mempool-limits.ts'

function pool(limits: Partial<MempoolLimits> = {}): Mempool {
  return createMempool({ ...defaultMempoolLimits, ...limits })
}

const context = { source: 'local', standing: { nextNonce: 0 }, height: 0 }

/** Adds transactions of these fields in turn. Returns them, and what became of each: `ok`, or the code of its refusal. */
function fill(mempool: Mempool, list: readonly PlainFields[], options: Partial<AddContext> = {}) {
  const transactions = list.map((fields, index) => plainTransaction(fields, index))
  const outcomes = transactions.map((transaction) => {
    const added = mempool.add(transaction, { ...context, ...options })
    return added.ok ? 'ok' : added.error.code
  })
  return { transactions, outcomes }
}

function selected(mempool: Mempool, limits: Partial<Parameters<Mempool['select']>[0]> = {}): readonly unknown[] {
  return mempool.select({ transactions: 100, bytes: 1 << 20, height: 1, ...limits }).map((transaction) => transaction.content)
}

const blockOf = (transactions: readonly DecodedTransaction[], nonces: Readonly<Record<string, number>> = {}, height = 1) => ({
  height,
  transactions,
  nonces: new Map(Object.entries(nonces)),
})

test('the higher fee goes first, the older at equal fees', () => {
  const mempool = pool()
  fill(mempool, [
    { sender: 'a', fee: 5 },
    { sender: 'b', fee: 9 },
    { sender: 'c', fee: 5 },
  ])
  expect(selected(mempool)).toEqual(['b 0', 'a 0', 'c 0'])
})

test('a sender’s transactions go by nonce, whatever they pay and however they arrive', () => {
  const mempool = pool()
  fill(mempool, [
    { sender: 'a', nonce: 2, fee: 50 },
    { sender: 'b', nonce: 0, fee: 20 },
    { sender: 'a', nonce: 0, fee: 10 },
    { sender: 'a', nonce: 1, fee: 30 },
  ])
  expect(selected(mempool)).toEqual(['b 0', 'a 0', 'a 1', 'a 2'])
})

test('what is behind a gap waits until the gap is filled', () => {
  const mempool = pool()
  fill(mempool, [
    { sender: 'a', nonce: 0 },
    { sender: 'a', nonce: 2 },
  ])
  expect(selected(mempool)).toEqual(['a 0'])
  fill(mempool, [{ sender: 'a', nonce: 1 }])
  expect(selected(mempool)).toEqual(['a 0', 'a 1', 'a 2'])
})

test('transactions without a sender stand alone', () => {
  const mempool = pool()
  fill(mempool, [{ fee: 1 }, { fee: 3 }, { fee: 2 }])
  expect(selected(mempool)).toEqual(['1 0', '2 0', '0 0'])
})

test('a selection keeps within its limits, and passes over what does not fit or is excluded', () => {
  const mempool = pool()
  const { transactions } = fill(mempool, [
    { sender: 'a', fee: 9, bytes: 500 },
    { sender: 'b', fee: 8, bytes: 100 },
    { sender: 'b', nonce: 1, fee: 7, bytes: 100 },
    { sender: 'c', fee: 6, bytes: 100, expiryHeight: 4 },
  ])
  expect(selected(mempool, { transactions: 2 })).toEqual(['a 0', 'b 0'])
  expect(selected(mempool, { bytes: 300 })).toEqual(['b 0', 'b 1', 'c 0'])
  expect(selected(mempool, { height: 5 })).toEqual(['a 0', 'b 0', 'b 1'])
  expect(selected(mempool, { exclude: (transaction) => transaction === transactions[1] })).toEqual(['a 0', 'c 0'])
})

test.each<[string, PlainFields, Partial<AddContext>]>([
  ['TX_EXPIRED', { sender: 'z', expiryHeight: 7 }, { height: 7 }],
  ['TX_NONCE_TOO_LOW', { sender: 'z', nonce: 3 }, { standing: { nextNonce: 4 } }],
  ['TX_INSUFFICIENT_BALANCE', { sender: 'a', nonce: 1, spends: 41 }, { standing: { nextNonce: 0, funds: 100n } }],
  ['TX_INSUFFICIENT_BALANCE', { sender: 'a', nonce: 0, fee: 2000, spends: 101 }, { standing: { nextNonce: 0, funds: 100n } }],
  ['MEMPOOL_REPLACEMENT_UNDERPAID', { sender: 'a', nonce: 0, fee: 1099 }, {}],
  ['MEMPOOL_SENDER_LIMIT', { sender: 'z', nonce: 64 }, {}],
  ['MEMPOOL_PEER_LIMIT', { sender: 'z' }, { source: 'busy peer' }],
  ['MEMPOOL_FULL', { sender: 'z', bytes: 5000 }, {}],
])('%s', (code, fields, options) => {
  const mempool = pool({ perSender: 64, perPeer: 1, bytes: 4000 })
  fill(mempool, [{ sender: 'a', spends: 60 }])
  fill(mempool, [{ sender: 'b' }], { source: 'busy peer' })
  expect(fill(mempool, [fields], options).outcomes).toEqual([code])
  expect(mempool.size).toBe(2)
})

test('the same transaction is known, while it waits and after its block', () => {
  const mempool = pool()
  const { transactions } = fill(mempool, [{ sender: 'a' }])
  const [transaction] = transactions
  expect(mempool.add(transaction!, context)).toMatchObject({ ok: false, error: { code: 'TX_KNOWN' } })
  mempool.committed(blockOf(transactions, { a: 1 }))
  expect(mempool.has(transaction!.id)).toBe(false)
  expect(mempool.known(transaction!.id)).toBe(true)
  expect(mempool.add(transaction!, context)).toMatchObject({ ok: false, error: { code: 'TX_KNOWN' } })
})

test('a tenth more replaces, in place', () => {
  const mempool = pool()
  const { transactions } = fill(mempool, [
    { sender: 'a', nonce: 0, fee: 1000 },
    { sender: 'a', nonce: 1, fee: 1000 },
  ])
  const replacement = plainTransaction({ sender: 'a', nonce: 0, fee: 1100 }, 9)
  expect(mempool.add(replacement, context)).toEqual({ ok: true, value: { evicted: [], replaced: transactions[0]!.id } })
  expect(mempool.has(transactions[0]!.id)).toBe(false)
  expect(mempool.select({ transactions: 9, bytes: 9999, height: 1 })).toEqual([replacement, transactions[1]])
})

test('where fees are nothing, nothing is replaced', () => {
  const mempool = pool()
  expect(
    fill(mempool, [
      { sender: 'a', fee: 0 },
      { sender: 'a', fee: 0 },
    ]).outcomes,
  ).toEqual(['ok', 'MEMPOOL_REPLACEMENT_UNDERPAID'])
  expect(fill(mempool, [{ sender: 'a', fee: 1 }]).outcomes).toEqual(['ok'])
})

test('a sender at its limit may still replace', () => {
  const mempool = pool({ perSender: 1 })
  expect(fill(mempool, [{ sender: 'a' }, { sender: 'a', fee: 2000 }, { sender: 'a', nonce: 1 }]).outcomes).toEqual([
    'ok',
    'ok',
    'MEMPOOL_SENDER_LIMIT',
  ])
})

test('when full, the cheapest gives way to what pays more, from the end of its sender’s run', () => {
  const mempool = pool({ transactions: 3 })
  const { transactions } = fill(mempool, [
    { sender: 'a', nonce: 0, fee: 10 },
    { sender: 'a', nonce: 1, fee: 99 },
    { sender: 'b', nonce: 0, fee: 50 },
  ])
  expect(fill(mempool, [{ sender: 'c', fee: 10 }]).outcomes).toEqual(['MEMPOOL_FULL'])
  const added = mempool.add(plainTransaction({ sender: 'c', fee: 11 }), context)
  expect(added).toEqual({ ok: true, value: { evicted: [transactions[1]!.id] } })
  expect(selected(mempool)).toEqual(['b 0', 'c 0', 'a 0'])
})

test('when full, what is behind a gap gives way first, and takes nobody’s place', () => {
  const mempool = pool({ transactions: 2 })
  fill(mempool, [
    { sender: 'a', nonce: 0, fee: 10 },
    { sender: 'b', nonce: 5, fee: 1000 },
  ])
  expect(fill(mempool, [{ sender: 'c', nonce: 1, fee: 5000 }]).outcomes).toEqual(['MEMPOOL_FULL'])
  expect(fill(mempool, [{ sender: 'd', nonce: 0, fee: 1 }]).outcomes).toEqual(['ok'])
  expect(selected(mempool)).toEqual(['a 0', 'd 0'])
})

test('a sender cannot push out its own predecessor, nor others over a predecessor of its own that pays less', () => {
  const mempool = pool({ transactions: 2 })
  fill(mempool, [
    { sender: 'a', nonce: 0, fee: 10 },
    { sender: 'b', nonce: 0, fee: 20 },
  ])
  expect(fill(mempool, [{ sender: 'a', nonce: 1, fee: 5000 }]).outcomes).toEqual(['MEMPOOL_FULL'])
  expect(selected(mempool)).toEqual(['b 0', 'a 0'])
})

test('one that cannot have room enough leaves everyone in place', () => {
  const mempool = pool({ bytes: 600 })
  fill(mempool, [
    { sender: 'a', nonce: 0, fee: 10, bytes: 200 },
    { sender: 'a', nonce: 1, fee: 10, bytes: 200 },
    { sender: 'b', nonce: 0, fee: 50, bytes: 200 },
  ])
  expect(fill(mempool, [{ sender: 'c', fee: 30, bytes: 500 }]).outcomes).toEqual(['MEMPOOL_FULL'])
  expect(fill(mempool, [{ sender: 'b', nonce: 0, fee: 60, bytes: 700 }]).outcomes).toEqual(['MEMPOOL_FULL'])
  expect(selected(mempool)).toEqual(['b 0', 'a 0', 'a 1'])
  expect(mempool.bytes).toBe(600)
})

test('a block drops what it includes, what it overtakes and what has expired', () => {
  const mempool = pool()
  const { transactions } = fill(mempool, [
    { sender: 'a', nonce: 0 },
    { sender: 'a', nonce: 1 },
    { sender: 'a', nonce: 2 },
    { sender: 'b', nonce: 0, expiryHeight: 6 },
    { sender: 'c', nonce: 0, expiryHeight: 7 },
    {},
  ])
  const overtaking = plainTransaction({ sender: 'a', nonce: 1 }, 77)
  mempool.committed(blockOf([transactions[0]!, overtaking, transactions[5]!], { a: 2 }, 6))
  expect(selected(mempool, { height: 7 })).toEqual(['a 2', 'c 0'])
  expect(mempool.size).toBe(2)
})

test('one that a block skipped ahead of its turn keeps waiting; one skipped in its turn goes, and may come again', () => {
  const mempool = pool()
  const { transactions } = fill(mempool, [
    { sender: 'a', nonce: 0 },
    { sender: 'a', nonce: 1 },
    { sender: 'b', nonce: 0 },
  ])
  mempool.committed(blockOf([transactions[1]!, transactions[2]!], { a: 0, b: 0 }))
  expect(selected(mempool)).toEqual(['a 0', 'a 1'])
  expect(mempool.add(transactions[2]!, context).ok).toBe(true)
})

test('a standing further on than the queue drops what is stale', () => {
  const mempool = pool()
  fill(mempool, [{ sender: 'a', nonce: 0 }])
  fill(mempool, [{ sender: 'a', nonce: 3 }], { standing: { nextNonce: 3 } })
  expect(selected(mempool)).toEqual(['a 3'])
  expect(mempool.size).toBe(1)
})

test('what is removed leaves a gap behind', () => {
  const mempool = pool()
  const { transactions } = fill(mempool, [
    { sender: 'a', nonce: 0 },
    { sender: 'a', nonce: 1 },
    { sender: 'a', nonce: 2 },
  ])
  mempool.remove([transactions[0]!.id, transactions[0]!.id])
  expect(selected(mempool)).toEqual([])
  expect(mempool.size).toBe(2)
  fill(mempool, [{ sender: 'a', nonce: 0 }])
  expect(selected(mempool)).toEqual(['a 0', 'a 1', 'a 2'])
})

test('what leaves gives its sender’s means back', () => {
  const mempool = pool()
  const standing = { nextNonce: 0, funds: 100n }
  const spends = { sender: 'a', spends: 40 }
  const { transactions, outcomes } = fill(mempool, [spends, { ...spends, nonce: 1 }, { ...spends, nonce: 2 }], { standing })
  expect(outcomes).toEqual(['ok', 'ok', 'TX_INSUFFICIENT_BALANCE'])
  mempool.remove([transactions[1]!.id])
  expect(fill(mempool, [{ ...spends, nonce: 2 }], { standing }).outcomes).toEqual(['ok'])
  mempool.committed(blockOf([transactions[0]!], { a: 1 }))
  expect(fill(mempool, [{ ...spends, nonce: 1, spends: 20 }], { standing: { nextNonce: 1, funds: 60n } }).outcomes).toEqual([
    'ok',
  ])
})

test('a peer’s allowance comes back when its transactions leave', () => {
  const mempool = pool({ perPeer: 1 })
  const { transactions } = fill(mempool, [{ sender: 'a' }], { source: 'peer' })
  mempool.committed(blockOf(transactions, { a: 1 }))
  expect(fill(mempool, [{ sender: 'b' }], { source: 'peer' }).outcomes).toEqual(['ok'])
})
