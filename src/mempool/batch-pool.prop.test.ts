import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainTransaction } from '../../test/mempool/plain-transaction.ts'
import { createBatchPacker, type PackedBatch } from './batch-packer.ts'
import { createBatchPool } from './batch-pool.ts'

function pack(fee: number, bytes: number, salt: number): PackedBatch {
  const packer = createBatchPacker({ bytesMax: 65_536, transactionsMax: 4096 })
  packer.add(plainTransaction({ sender: `s${salt}`, fee, bytes }))
  return packer.flush()[0] as PackedBatch
}

const arrival = fc.record({
  fee: fc.nat(100),
  bytes: fc.integer({ min: 100, max: 2000 }),
  source: fc.constantFrom('a', 'b', 'c'),
  commits: fc.boolean(),
})

test('the pool stays within its limits, and what it gives up it tells, once', () => {
  fc.assert(
    fc.property(fc.array(arrival, { maxLength: 120 }), (arrivals) => {
      const limits = { batches: 12, bytes: 12_000, settledBlocks: 3 }
      const pool = createBatchPool(limits)
      const told = new Set<string>()
      const open = new Map<string, PackedBatch>()
      for (const [height, { fee, bytes, source, commits }] of arrivals.entries()) {
        const batch = pack(fee, bytes, height)
        open.set(String(batch.transactions[0]?.id), batch)
        for (const id of pool.add(batch, { height, source })) {
          expect(told.has(String(id))).toBe(false)
          told.add(String(id))
          open.delete(String(id))
        }
        expect(pool.size).toBeLessThanOrEqual(limits.batches)
        expect(pool.bytes).toBeLessThanOrEqual(limits.bytes)
        for (const { hash } of open.values()) expect(pool.has(hash)).toBe(true)
        const [first] = open
        if (!commits || !first) continue
        pool.committed({ height, ids: first[1].transactions.map(({ id }) => id) })
        open.delete(first[0])
      }
    }),
    { numRuns: 60 },
  )
})
