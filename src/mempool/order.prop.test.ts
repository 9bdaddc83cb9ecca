import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainTransaction } from '../../test/mempool/plain-transaction.ts'
import { blockTransactionsMax } from '../chain/limits.ts'
import { toHex } from '../primitives/bytes.ts'
import { createBatchPacker } from './batch-packer.ts'
import { createBatchPool, defaultBatchPoolLimits } from './batch-pool.ts'

const transactions = Array.from({ length: 24 }, (_, salt) => plainTransaction({}, salt))
const batches = fc.array(fc.array(fc.nat({ max: 23 }), { minLength: 1, maxLength: 10 }), { minLength: 1, maxLength: 6 })

function poolOf(contents: readonly (readonly number[])[]) {
  const pool = createBatchPool(defaultBatchPoolLimits)
  const packer = createBatchPacker({ bytesMax: 65_536, transactionsMax: 4096 })
  const hashes = contents.map((indices) => {
    for (const index of indices) packer.add(transactions[index]!)
    const [batch] = packer.flush()
    pool.add(batch!, { height: 0 })
    return batch!.hash
  })
  return { pool, hashes }
}

test('order, then resolve, is the identity on whatever the batches hold', () => {
  fc.assert(
    fc.property(batches, fc.shuffledSubarray(transactions), (contents, wanted) => {
      const { pool } = poolOf(contents)
      const held = wanted.filter((transaction) =>
        contents.some((indices) => indices.some((index) => transactions[index] === transaction)),
      )
      const { order, transactions: named } = pool.order(wanted)
      expect(named).toEqual(held)
      expect(pool.resolve(order)).toEqual({ ok: true, value: { transactions: named } })
    }),
  )
})

test('whatever an order says, it resolves to distinct transactions, asks for batches, or is refused', () => {
  const run = fc.record({ batch: fc.nat({ max: 7 }), first: fc.nat({ max: 12 }), count: fc.nat({ max: 12 }) })
  fc.assert(
    fc.property(
      batches,
      fc.array(fc.nat({ max: 7 }), { maxLength: 6 }),
      fc.array(run, { maxLength: 8 }),
      (contents, named, runs) => {
        const { pool, hashes } = poolOf(contents)
        const table = named.map((index) => hashes[index] ?? new Uint8Array(32).fill(index))
        const resolved = pool.resolve({ batches: table, runs })
        if (!resolved.ok) {
          expect(resolved.error.code).toBe('ORDER_INVALID')
        } else if ('missing' in resolved.value) {
          expect(resolved.value.missing.length).toBeGreaterThan(0)
        } else {
          const ids = resolved.value.transactions.map((transaction) => toHex(transaction.id))
          expect(new Set(ids).size).toBe(ids.length)
          expect(ids.length).toBeLessThanOrEqual(blockTransactionsMax)
          expect(ids.length).toBe(runs.reduce((sum, { count }) => sum + count, 0))
        }
      },
    ),
  )
})
