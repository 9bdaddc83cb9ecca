import type { DecodedTransaction } from '../application/application.ts'
import type { Order } from '../chain/block.ts'
import { blockTransactionsMax } from '../chain/limits.ts'
import type { Hash } from '../crypto/hash.ts'
import { type Bytes, bytesKey } from '../primitives/bytes.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import type { HeldBatch } from './held-batch.ts'

/** What an order names, or the batches that must be fetched to know. */
export type Resolution = { readonly transactions: readonly DecodedTransaction[] } | { readonly missing: readonly Hash[] }

/**
 * The transactions an order names, in order of execution. What can be told without the batches is checked before any is asked for, so
 * that a bad order costs its sender more than the receiver: every batch is named once and used, every run is within its batch, and no
 * transaction is named twice.
 */
export function resolveOrder(order: Order, batchOf: (hash: Bytes) => HeldBatch | undefined): Result<Resolution> {
  const flaw = flawOf(order)
  if (flaw) return reject('ORDER_INVALID', flaw)
  const missing: Hash[] = []
  const batches: HeldBatch[] = []
  for (const hash of order.batches) {
    const batch = batchOf(hash)
    if (batch) batches.push(batch)
    else missing.push(hash)
  }
  return missing.length > 0 ? ok({ missing }) : collect(order, batches)
}

function collect(order: Order, batches: readonly HeldBatch[]): Result<Resolution> {
  const transactions: DecodedTransaction[] = []
  const named = new Set<string>()
  for (const run of order.runs) {
    const batch = batches[run.batch] as HeldBatch
    const end = run.first + run.count
    if (end > batch.transactions.length) return reject('ORDER_INVALID', `a run ends at ${end} of ${batch.transactions.length}`)
    for (let index = run.first; index < end; index++) {
      named.add(batch.transactionKeys[index] as string)
      transactions.push(batch.transactions[index] as DecodedTransaction)
    }
  }
  if (named.size !== transactions.length) return reject('ORDER_INVALID', 'a transaction is named twice')
  return ok({ transactions })
}

/** What is wrong with an order in itself. */
function flawOf({ batches, runs }: Order): string | undefined {
  if (new Set(batches.map(bytesKey)).size !== batches.length) return 'a batch stands twice in the table'
  const used = new Set<number>()
  let total = 0
  for (const [place, run] of runs.entries()) {
    if (run.batch >= batches.length) return `run ${place} is of batch ${run.batch} of ${batches.length}`
    if (run.count === 0) return `run ${place} is empty`
    const before = runs[place - 1]
    if (before?.batch === run.batch && before.first + before.count === run.first)
      return `run ${place} continues the one before it`
    used.add(run.batch)
    total += run.count
  }
  if (total > blockTransactionsMax) return `${total} transactions, at most ${blockTransactionsMax}`
  return used.size === batches.length ? undefined : `${batches.length - used.size} batches are named and not used`
}
