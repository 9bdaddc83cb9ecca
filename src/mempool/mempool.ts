/**
 * Transactions that wait for a block: by fee, then age, a sender's own in the order of their nonces. Bounded in count, in bytes, per
 * sender and per peer; when full, the cheapest gives way to what pays more, always from the end of its sender's run, so that nothing
 * that waits becomes unreachable. What was admitted is not checked again after a block: the sender's next nonce and the height say
 * what is stale. Spec: docs/spec/transactions.md, "Mempool".
 */
import type { DecodedTransaction, SenderStanding } from '../application/application.ts'
import type { Hash } from '../crypto/hash.ts'
import { assert } from '../primitives/assert.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import { type Bytes, bytesKey } from '../primitives/bytes.ts'
import { ok, type Rejection, type Result, reject } from '../primitives/result.ts'
import { queueRefusalOf, refusalOf } from './admission.ts'
import { createEntry, type Entry, type SenderQueue } from './entry.ts'
import type { MempoolLimits } from './mempool-limits.ts'
import { type Selection, selectFrom } from './selection.ts'
import { entryAt } from './sender-queue.ts'
import { createWaitingSet } from './waiting-set.ts'

export interface Mempool {
  readonly size: number
  readonly bytes: number
  has(id: Bytes): boolean
  get(id: Bytes): DecodedTransaction | undefined
  /** Waiting, or in a recent block. */
  known(id: Bytes): boolean
  /** The transaction's signatures and the application's check come first. */
  add(transaction: DecodedTransaction, context: AddContext): Result<Added>
  /** What a block should hold, in execution order. Changes nothing. */
  select(selection: Selection): readonly DecodedTransaction[]
  /** Drops what a final block has included, overtaken or let expire. */
  committed(block: CommittedBlock): void
  remove(ids: readonly Bytes[]): void
}

export interface AddContext {
  /** `local` for a client of this node, the peer's id otherwise. */
  readonly source: string
  /** How the sender stands in the latest state; `undefined` only for a transaction without a sender. */
  readonly standing: SenderStanding | undefined
  /** Of the latest final block. */
  readonly height: number
}

export interface Added {
  /** Given up to make room. */
  readonly evicted: readonly Hash[]
  /** The sender's earlier transaction of the same nonce, given up for this one. */
  readonly replaced?: Hash
}

export interface CommittedBlock {
  readonly height: number
  readonly transactions: readonly DecodedTransaction[]
  /** The next nonces of the block's senders in the state after it. */
  readonly nonces: ReadonlyMap<string, number>
}

export function createMempool(limits: MempoolLimits): Mempool {
  const waiting = createWaitingSet()
  const recent = createBoundedMap<string, true>(limits.recent)
  let arrivals = 0

  /** The queue of the transaction's sender, brought up to the sender's standing. */
  function queueFor({ sender }: DecodedTransaction, standing: SenderStanding | undefined): SenderQueue | undefined {
    if (!sender) return undefined
    assert(standing, 'the check of a transaction with a sender tells how the sender stands')
    const queue = waiting.senders.queueOf(sender.key, standing.nextNonce)
    if (standing.nextNonce > queue.next) waiting.advance(queue, standing.nextNonce)
    return queue
  }

  function refusalFor(transaction: DecodedTransaction, context: AddContext, queue?: SenderQueue): Rejection | undefined {
    const key = bytesKey(transaction.id)
    if (waiting.get(key) || recent.has(key)) return { code: 'TX_KNOWN', detail: '' }
    const refusal = refusalOf(transaction, context, waiting, limits)
    return refusal ?? (queue && queueRefusalOf(transaction, queue, context.standing?.funds, waiting, limits))
  }

  /** Makes room for what has entered already; when that is not possible, everyone else is left in place. */
  function makeRoom(newcomer: Entry): readonly Entry[] | undefined {
    const victims: Entry[] = []
    while (waiting.size > limits.transactions || waiting.bytes > limits.bytes) {
      const victim = waiting.victimFor(newcomer)
      if (!victim || victim === newcomer) {
        for (const spared of victims) waiting.enter(spared)
        return undefined
      }
      waiting.leave(victim)
      victims.push(victim)
    }
    return victims
  }

  return {
    get size() {
      return waiting.size
    },
    get bytes() {
      return waiting.bytes
    },
    has: (id) => waiting.get(bytesKey(id)) !== undefined,
    get: (id) => waiting.get(bytesKey(id))?.transaction,
    known(id) {
      const key = bytesKey(id)
      return waiting.get(key) !== undefined || recent.has(key)
    },

    add(transaction, context) {
      const queue = queueFor(transaction, context.standing)
      const refusal = refusalFor(transaction, context, queue)
      if (refusal) return { ok: false, error: refusal }
      const entry = createEntry(transaction, arrivals++, context.source, queue)
      const replaced = queue && transaction.sender && entryAt(queue, transaction.sender.nonce)
      if (replaced) waiting.replace(replaced, entry)
      else waiting.enter(entry)
      const victims = makeRoom(entry)
      if (!victims) {
        if (replaced) waiting.replace(entry, replaced)
        else waiting.leave(entry)
        return reject('MEMPOOL_FULL', `fee ${transaction.fee}`)
      }
      const evicted = victims.map((victim) => victim.transaction.id)
      return ok(replaced ? { evicted, replaced: replaced.transaction.id } : { evicted })
    },

    select: (selection) => selectFrom(waiting.values(), selection),

    committed({ height, transactions, nonces }) {
      for (const [sender, next] of nonces) {
        const queue = waiting.senders.find(sender)
        if (queue) waiting.advance(queue, next)
      }
      for (const { id, sender } of transactions) {
        const next = sender ? nonces.get(sender.key) : undefined
        // One that was skipped for being ahead of its turn keeps waiting for it; one skipped in its turn may come again.
        if (sender && next !== undefined && sender.nonce > next) continue
        const key = bytesKey(id)
        const entry = waiting.get(key)
        if (entry) waiting.leave(entry)
        if (!sender || next === undefined || sender.nonce < next) recent.set(key, true)
      }
      for (const entry of waiting.expired(height)) waiting.leave(entry)
    },

    remove(ids) {
      for (const id of ids) {
        const entry = waiting.get(bytesKey(id))
        if (entry) waiting.leave(entry)
      }
    },
  }
}
