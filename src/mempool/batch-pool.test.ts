import { expect, test } from 'vitest'
import { plainTransaction } from '../../test/mempool/plain-transaction.ts'
import type { DecodedTransaction } from '../application/application.ts'
import { batchSchema, encodedBatchHash } from '../chain/batch.ts'
import { type Order, orderSchema } from '../chain/block.ts'
import { blockBatchesMax } from '../chain/limits.ts'
import { decode, encode } from '../codec/codec.ts'
import { createBatchPacker, type PackedBatch } from './batch-packer.ts'
import { type BatchPoolLimits, createBatchPool, defaultBatchPoolLimits } from './batch-pool.ts'

const limits = { bytesMax: 65_536, transactionsMax: 4096 }

function pack(transactions: readonly DecodedTransaction[]): PackedBatch {
  const packer = createBatchPacker(limits)
  for (const transaction of transactions) packer.add(transaction)
  const [batch] = packer.flush()
  if (!batch) throw new Error('nothing to pack')
  return batch
}

const some = (count: number, first = 0, bytes = 200) =>
  Array.from({ length: count }, (_, index) => plainTransaction({ sender: `s${first + index}`, bytes }))

function poolOf(batches: readonly PackedBatch[], changed: Partial<BatchPoolLimits> = {}) {
  const pool = createBatchPool({ ...defaultBatchPoolLimits, ...changed })
  const lost = batches.flatMap((batch) => pool.add(batch, { height: 0 }))
  return { pool, lost }
}

test('a packed batch is its transactions’ bytes under its hash', () => {
  const transactions = some(3)
  const batch = pack(transactions)
  expect(decode(batchSchema, batch.encoded)).toEqual({
    ok: true,
    value: { transactions: transactions.map((each) => each.encoded) },
  })
  expect(batch.hash).toEqual(encodedBatchHash(batch.encoded))
  expect(batch.transactions).toEqual(transactions)
})

test.each([
  [400, 200],
  [5000, 40],
  [5, 32_768],
])('%i transactions of %i bytes: no batch exceeds its limits, and none is lost', (count, bytes) => {
  const packer = createBatchPacker(limits)
  const transactions = some(count, 0, bytes)
  for (const transaction of transactions) packer.add(transaction)
  expect(packer.full).toBe(true)
  const batches = packer.flush()
  for (const batch of batches) {
    expect(batch.encoded.length).toBeLessThanOrEqual(limits.bytesMax)
    expect(batch.transactions.length).toBeLessThanOrEqual(limits.transactionsMax)
  }
  expect(batches.flatMap((batch) => batch.transactions)).toEqual(transactions)
  expect(packer.empty).toBe(true)
  expect(packer.flush()).toEqual([])
})

test('neighbours merge into runs, and the order leads back to the transactions', () => {
  const [first, second] = [some(5), some(5, 5)]
  const { pool } = poolOf([pack(first), pack(second)])
  const wanted = [...first.slice(1, 4), second[0]!, first[0]!, ...second.slice(3)]
  const { order, transactions } = pool.order(wanted)
  expect(transactions).toEqual(wanted)
  expect(order.runs).toEqual([
    { batch: 0, first: 1, count: 3 },
    { batch: 1, first: 0, count: 1 },
    { batch: 0, first: 0, count: 1 },
    { batch: 1, first: 3, count: 2 },
  ])
  expect(pool.resolve(order)).toEqual({ ok: true, value: { transactions: wanted } })
})

test('a transaction of several batches is named where the run goes on, or in a batch that is named already', () => {
  const [a, b, c, d] = some(4)
  const { pool } = poolOf([pack([a!]), pack([b!, a!, c!]), pack([c!, d!])])
  expect(pool.order([b!, a!, c!]).order).toMatchObject({ batches: { length: 1 }, runs: [{ batch: 0, first: 0, count: 3 }] })
  expect(pool.order([d!, c!]).order).toMatchObject({ batches: { length: 1 } })
})

test('what no batch holds is left out, and its sender’s later ones with it', () => {
  const [first, second, third] = [0, 1, 2].map((nonce) => plainTransaction({ sender: 'a', nonce }))
  const other = plainTransaction({ sender: 'b' })
  const { pool } = poolOf([pack([first!, third!, other])])
  expect(pool.order([first!, second!, third!, other]).transactions).toEqual([first, other])
})

test('an order names no more batches than a proposal may', () => {
  const transactions = some(blockBatchesMax + 3)
  const { pool } = poolOf(transactions.map((transaction) => pack([transaction])))
  const { order, transactions: named } = pool.order(transactions)
  expect(order.batches).toHaveLength(blockBatchesMax)
  expect(named).toEqual(transactions.slice(0, blockBatchesMax))
})

test('batches that are not here are named as missing', () => {
  const [here, away] = [pack(some(2)), pack(some(2, 2))]
  const { pool } = poolOf([here])
  const order: Order = {
    batches: [away.hash, here.hash],
    runs: [
      { batch: 0, first: 0, count: 2 },
      { batch: 1, first: 0, count: 1 },
    ],
  }
  expect(pool.resolve(order)).toEqual({ ok: true, value: { missing: [away.hash] } })
  pool.add(away, { height: 0 })
  expect(pool.resolve(order)).toMatchObject({ ok: true, value: { transactions: { length: 3 } } })
})

const [held, twin] = [pack(some(3)), pack([...some(1), ...some(1, 9)])]
const unknown = new Uint8Array(32)
test.each<[string, Order]>([
  ['a batch twice in the table', { batches: [held.hash, held.hash], runs: [run(0, 0, 1), run(1, 1, 1)] }],
  ['a batch that is not used', { batches: [held.hash, twin.hash], runs: [run(0, 0, 1)] }],
  ['a batch that is neither used nor known', { batches: [unknown], runs: [] }],
  ['a run of a batch beyond the table', { batches: [held.hash], runs: [run(0, 0, 1), run(1, 0, 1)] }],
  ['an empty run', { batches: [held.hash], runs: [run(0, 0, 0)] }],
  ['runs that ought to be one', { batches: [held.hash], runs: [run(0, 0, 1), run(0, 1, 1)] }],
  ['a run beyond its batch', { batches: [held.hash], runs: [run(0, 2, 2)] }],
  ['a run that begins beyond its batch', { batches: [held.hash], runs: [run(0, 4095, 1)] }],
  ['a transaction twice, from one batch', { batches: [held.hash], runs: [run(0, 0, 2), run(0, 1, 1)] }],
  ['a transaction twice, from two batches', { batches: [held.hash, twin.hash], runs: [run(0, 0, 1), run(1, 0, 1)] }],
  ['more transactions than a block may have', { batches: [held.hash], runs: Array.from({ length: 17 }, () => run(0, 0, 4096)) }],
])('a hostile order is refused: %s', (_name, order) => {
  const { pool } = poolOf([held, twin])
  expect(pool.resolve(order)).toMatchObject({ ok: false, error: { code: 'ORDER_INVALID' } })
})

function run(batch: number, first: number, count: number) {
  return { batch, first, count }
}

test('a batch that holds a transaction twice cannot be used to execute it twice', () => {
  const [transaction] = some(1)
  const double = pack([transaction!, transaction!])
  const { pool } = poolOf([double])
  expect(pool.resolve({ batches: [double.hash], runs: [run(0, 0, 2)] })).toMatchObject({ ok: false })
  expect(pool.order([transaction!]).order.runs).toEqual([run(0, 0, 1)])
})

test('a settled batch is served some blocks longer, then dropped with its transactions', () => {
  const batch = pack(some(2))
  const { pool } = poolOf([batch], { settledBlocks: 3 })
  const ids = batch.transactions.map((transaction) => transaction.id)
  pool.committed({ height: 1, ids: ids.slice(0, 1) })
  pool.committed({ height: 9, ids: ids.slice(1) })
  for (const height of [10, 11]) pool.committed({ height, ids: [] })
  expect(pool.encoded(batch.hash)).toEqual(batch.encoded)
  expect(pool.transaction(ids[0]!)).toBe(batch.transactions[0])
  pool.committed({ height: 12, ids: [] })
  expect(pool.has(batch.hash)).toBe(false)
  expect(pool.transaction(ids[0]!)).toBeUndefined()
  expect([pool.size, pool.bytes]).toEqual([0, 0])
})

test('what has expired settles its batch', () => {
  const batch = pack([plainTransaction({ sender: 'a', expiryHeight: 5 }), plainTransaction({ sender: 'b', expiryHeight: 7 })])
  const { pool } = poolOf([batch], { settledBlocks: 1 })
  for (const height of [5, 6, 7]) pool.committed({ height, ids: [] })
  expect(pool.has(batch.hash)).toBe(true)
  pool.committed({ height: 8, ids: [] })
  expect(pool.has(batch.hash)).toBe(false)
})

test('room is made from settled and unwanted batches first, then from those that pay least', () => {
  const paying = (fee: number, salt = 0) => pack([plainTransaction({ sender: `s${salt}`, fee })])
  const [cheap, unwanted, settled, dear] = [paying(10), paying(5000, 1), paying(5000, 2), paying(9000, 3)]
  const pool = createBatchPool({ batches: 3, bytes: 1 << 20, settledBlocks: 100 })
  pool.add(cheap, { height: 0 })
  pool.add(unwanted, { height: 0, wanted: false })
  pool.add(settled, { height: 0 })
  pool.committed({ height: 1, ids: [settled.transactions[0]!.id] })
  expect(pool.add(dear, { height: 1 })).toEqual([])
  expect([cheap, unwanted, settled, dear].map((batch) => pool.has(batch.hash))).toEqual([true, false, true, true])
  expect(pool.add(paying(500, 4), { height: 1 })).toEqual([])
  expect(pool.add(paying(500, 5), { height: 1 })).toEqual([cheap.transactions[0]!.id])
})

const sized = (fee: number, salt: number, bytes = 200) => pack([plainTransaction({ sender: `x${salt}`, fee, bytes })])

test('filler pushes out filler, and of equals the newest goes: who comes later must pay more', () => {
  const good = [sized(900, 0), sized(900, 1)]
  const { pool } = poolOf(good, { batches: 3 })
  for (let index = 0; index < 50; index++) pool.add(sized(1, 100 + index), { height: 0, source: 'filler' })
  expect(good.every(({ hash }) => pool.has(hash))).toBe(true)
  expect(pool.add(sized(900, 9), { height: 0 })).toHaveLength(1)
  const late = sized(900, 10)
  expect(pool.add(late, { height: 0 })).toEqual([late.transactions[0]!.id])
  expect(good.every(({ hash }) => pool.has(hash))).toBe(true)
})

test('it is the fee for a byte that counts', () => {
  const [large, small] = [sized(1000, 0, 4000), sized(500, 1, 100)]
  const { pool } = poolOf([large, small], { batches: 2 })
  pool.add(sized(900, 2), { height: 0 })
  expect([pool.has(large.hash), pool.has(small.hash)]).toEqual([false, true])
})

test('a batch is worth what is still open in it', () => {
  const cheap = plainTransaction({ sender: 'c', fee: 1 })
  const dear = plainTransaction({ sender: 'd', fee: 100_000 })
  const mixed = pack([cheap, dear])
  const { pool } = poolOf([mixed, sized(50, 1)], { batches: 2 })
  pool.committed({ height: 1, ids: [dear.id] })
  expect(pool.add(sized(60, 2), { height: 1 })).toEqual([cheap.id])
})

test('no peer holds more than half while others want in, whatever it pays', () => {
  const pool = createBatchPool({ ...defaultBatchPoolLimits, batches: 16 })
  for (let index = 0; index < 16; index++) pool.add(sized(10_000 + index, index), { height: 0, source: 'greedy' })
  expect(pool.size).toBe(16)
  const honest = Array.from({ length: 8 }, (_, index) => sized(10, 100 + index))
  for (const [index, batch] of honest.entries()) pool.add(batch, { height: 0, source: `honest ${index % 4}` })
  expect(honest.filter(({ hash }) => pool.has(hash))).toHaveLength(8)
  expect(pool.size).toBe(16)
})

test('what an order names stays until the next block, however little it pays', () => {
  const pool = createBatchPool({ ...defaultBatchPoolLimits, batches: 4 })
  for (let index = 0; index < 4; index++) pool.add(sized(9000, index), { height: 0 })
  const asked = [sized(1, 10), sized(1, 11)]
  const order: Order = { batches: asked.map(({ hash }) => hash), runs: [run(0, 0, 1), run(1, 0, 1)] }
  expect(pool.resolve(order)).toMatchObject({ ok: true, value: { missing: { length: 2 } } })
  for (const batch of asked) pool.add(batch, { height: 0, source: 'proposer' })
  expect(pool.resolve(order)).toMatchObject({ ok: true, value: { transactions: { length: 2 } } })
  pool.committed({ height: 1, ids: [] })
  for (let index = 0; index < 2; index++) pool.add(sized(9000, 20 + index), { height: 1 })
  expect(asked.map(({ hash }) => pool.has(hash))).toEqual([false, false])
})

test('a transaction is not lost while another batch holds it', () => {
  const shared = some(1)
  const dear = (salt: number) => plainTransaction({ sender: `d${salt}`, fee: 5000 })
  const [first, second, third] = [pack(shared), pack([...shared, dear(1)]), pack([dear(2)])]
  expect(poolOf([first, second, third], { batches: 2 }).lost).toEqual([])
  expect(poolOf([first, third, second], { bytes: 620 }).lost).toEqual([])
  expect(poolOf([first, third], { batches: 1 }).lost).toEqual([shared[0]!.id])
})

test('a batch larger than the pool is not kept', () => {
  const batch = pack(some(10))
  const { pool, lost } = poolOf([batch], { bytes: 1000 })
  expect(pool.size).toBe(0)
  expect(lost).toHaveLength(10)
})

test('the size of an order does not depend on the size of the transactions', () => {
  const sizes = [100, 2000].map((bytes) => {
    const transactions = some(640, 0, bytes)
    const packer = createBatchPacker({ ...limits, transactionsMax: 16 })
    for (const transaction of transactions) packer.add(transaction)
    const { pool } = poolOf(packer.flush())
    return encode(orderSchema, pool.order(transactions).order).length
  })
  expect(sizes[0]).toBe(sizes[1])
  expect(sizes[0]).toBeLessThan(40 * (34 + 6) + 10)
})

test('a batch is settled by the blocks to come, whatever else in it stood in one before', () => {
  const [old, ...fresh] = some(3) as [DecodedTransaction, ...DecodedTransaction[]]
  const batch = pack([old, ...fresh])
  const { pool } = poolOf([])
  pool.add(batch, { height: 1, isOpen: (id) => id !== old.id })
  expect(pool.open(9)).toEqual([batch.hash])
  pool.committed({ height: 2, ids: fresh.map(({ id }) => id) })
  expect(pool.open(9)).toEqual([])
  expect(pool.has(batch.hash)).toBe(true)
})

test('packing the same transactions again and again gains nothing: a few batches name them, and the others wait for none', () => {
  const known = some(3)
  const again = Array.from({ length: 40 }, (_, index) => pack([...known, ...some(1, 100 + index)]))
  const { pool } = poolOf(again)
  pool.committed({ height: 1, ids: again.flatMap(({ transactions }) => transactions.slice(3).map(({ id }) => id)) })
  expect(pool.open(99)).toHaveLength(8)
  pool.committed({ height: 2, ids: known.map(({ id }) => id) })
  expect(pool.open(99)).toEqual([])
})
