/**
 * Transactions that wait for a block: by fee, then age, a sender's own in the order of their nonces. Bounded in count, in bytes, per
 * sender and per peer; when full, the cheapest gives way to what pays more, always from the end of its sender's run, so that nothing
 * that waits becomes unreachable. What was admitted is not checked again after a block: the sender's next nonce and the height say
 * what is stale. Spec: docs/spec/transactions.md, "Mempool".
 */
import type { DecodedTransaction } from '../application/application.ts'
import type { Hash } from '../crypto/hash.ts'
import { assert } from '../primitives/assert.ts'
import { createBinaryHeap } from '../primitives/binary-heap.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import { type Bytes, bytesKey } from '../primitives/bytes.ts'
import { ok, type Rejection, type Result, reject } from '../primitives/result.ts'
import { createEntry, type Entry, paysLess, type SenderQueue } from './entry.ts'
import { createExpiryIndex } from './expiry-index.ts'
import { type Selection, selectFrom } from './selection.ts'
import * as queues from './sender-queue.ts'

export interface MempoolLimits {
  /** Waiting transactions, and their encoded bytes. */
  readonly transactions: number
  readonly bytes: number
  readonly perSender: number
  /** Waiting transactions that one peer brought. What clients brought to this node is not counted. */
  readonly perPeer: number
  /** How many ids of recent blocks' transactions are remembered. */
  readonly recent: number
}

export const defaultMempoolLimits: MempoolLimits = {
  transactions: 50_000,
  bytes: 32 << 20,
  perSender: 4096,
  perPeer: 25_000,
  recent: 100_000,
}

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
  /** The sender's next nonce in the latest state; `undefined` only for transactions without a sender. */
  readonly nextNonce: number | undefined
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
  const entries = new Map<string, Entry>()
  const senders = new Map<string, SenderQueue>()
  /** Senders with transactions behind a gap: these are given up first, as no block can pay for them. */
  const gapped = new Set<SenderQueue>()
  const perPeer = new Map<string, number>()
  const recent = createBoundedMap<string, true>(limits.recent)
  const expiry = createExpiryIndex()
  /** Entries that have left stay in it until they come up or outnumber the others. */
  let cheapest = createBinaryHeap<Entry>(paysLess)
  let bytes = 0
  let arrivals = 0

  function enter(entry: Entry): void {
    entry.waiting = true
    entries.set(entry.key, entry)
    bytes += entry.transaction.encoded.length
    perPeer.set(entry.source, (perPeer.get(entry.source) ?? 0) + 1)
    expiry.add(entry)
    cheapest.push(entry)
    if (cheapest.size > 2 * entries.size + 1024) cheapest = createBinaryHeap(paysLess, [...entries.values()])
    if (!entry.queue) return
    queues.place(entry.queue, entry)
    settle(entry.queue)
  }

  /** Forgets an entry that has no place in its sender's queue any more. */
  function forget(entry: Entry): void {
    entry.waiting = false
    entries.delete(entry.key)
    bytes -= entry.transaction.encoded.length
    const brought = (perPeer.get(entry.source) ?? 0) - 1
    if (brought > 0) perPeer.set(entry.source, brought)
    else perPeer.delete(entry.source)
    expiry.delete(entry)
  }

  function leave(entry: Entry): void {
    if (!entry.waiting) return
    forget(entry)
    if (!entry.queue) return
    queues.takeOut(entry.queue, entry)
    settle(entry.queue)
  }

  function settle(queue: SenderQueue): void {
    if (queue.later.size > 0) gapped.add(queue)
    else gapped.delete(queue)
    if (queues.queueSize(queue) > 0) senders.set(queue.sender, queue)
    else senders.delete(queue.sender)
  }

  function queueFor(sender: string, nextNonce: number | undefined): SenderQueue {
    assert(nextNonce !== undefined, 'an application whose transactions have senders tells their next nonces')
    const queue = senders.get(sender)
    if (!queue) return queues.createSenderQueue(sender, nextNonce)
    if (nextNonce > queue.next) advance(queue, nextNonce)
    return queue
  }

  function advance(queue: SenderQueue, next: number): void {
    for (const stale of queues.advance(queue, next)) forget(stale)
    settle(queue)
  }

  const full = (): boolean => entries.size > limits.transactions || bytes > limits.bytes

  /** What gives way to `newcomer`, if anything does. */
  function victimFor(newcomer: Entry): Entry | undefined {
    const [queue] = gapped
    if (queue) return queues.expendable(queue)
    while (cheapest.peek()?.waiting === false) cheapest.pop()
    const candidate = cheapest.peek()
    if (!candidate || candidate.transaction.fee >= newcomer.transaction.fee) return undefined
    if (!candidate.queue) return candidate
    // A sender cannot pay its own way in over a predecessor that must go first.
    return candidate.queue === newcomer.queue ? undefined : queues.expendable(candidate.queue)
  }

  /** Makes room for what has entered already, or, when that is not possible, leaves everyone else in place. */
  function makeRoom(newcomer: Entry): readonly Entry[] | undefined {
    const victims: Entry[] = []
    while (full()) {
      const victim = victimFor(newcomer)
      if (!victim || victim === newcomer) {
        for (const spared of victims.reverse()) enter(spared)
        return undefined
      }
      leave(victim)
      victims.push(victim)
    }
    return victims
  }

  function obstacle(transaction: DecodedTransaction, context: AddContext, queue?: SenderQueue): Rejection | undefined {
    const { id, encoded, expiryHeight, sender } = transaction
    const key = bytesKey(id)
    if (entries.has(key) || recent.has(key)) return { code: 'TX_KNOWN', detail: '' }
    if (expiryHeight <= context.height) return { code: 'TX_EXPIRED', detail: `valid up to height ${expiryHeight}` }
    if (encoded.length > limits.bytes) return { code: 'MEMPOOL_FULL', detail: `${encoded.length} bytes` }
    if (context.source !== 'local' && (perPeer.get(context.source) ?? 0) >= limits.perPeer) {
      return { code: 'MEMPOOL_PEER_LIMIT', detail: `${limits.perPeer} transactions` }
    }
    if (!sender || !queue) return undefined
    if (sender.nonce < queue.next) return { code: 'TX_NONCE_TOO_LOW', detail: `the next is ${queue.next}` }
    const standing = queues.entryAt(queue, sender.nonce)
    if (standing) return outbids(transaction, standing)
    if (queues.queueSize(queue) >= limits.perSender || sender.nonce - queue.next >= limits.perSender) {
      return { code: 'MEMPOOL_SENDER_LIMIT', detail: `${limits.perSender} transactions` }
    }
    const reachable = queues.isReachable(queue, sender.nonce)
    return entries.size >= limits.transactions && !reachable ? { code: 'MEMPOOL_FULL', detail: 'behind a gap' } : undefined
  }

  return {
    get size() {
      return entries.size
    },
    get bytes() {
      return bytes
    },
    has: (id) => entries.has(bytesKey(id)),
    get: (id) => entries.get(bytesKey(id))?.transaction,
    known(id) {
      const key = bytesKey(id)
      return entries.has(key) || recent.has(key)
    },

    add(transaction, context) {
      const { sender } = transaction
      const queue = sender && queueFor(sender.key, context.nextNonce)
      const refusal = obstacle(transaction, context, queue)
      if (refusal) return { ok: false, error: refusal }
      const replaced = sender && queue && queues.entryAt(queue, sender.nonce)
      const entry = createEntry(transaction, arrivals++, context.source, queue)
      if (replaced) forget(replaced)
      enter(entry)
      const victims = makeRoom(entry)
      if (!victims) {
        if (replaced) {
          forget(entry)
          enter(replaced)
        } else leave(entry)
        return reject('MEMPOOL_FULL', `fee ${transaction.fee}`)
      }
      const evicted = victims.map((victim) => victim.transaction.id)
      return ok(replaced ? { evicted, replaced: replaced.transaction.id } : { evicted })
    },

    select: (selection) => selectFrom(entries.values(), selection),

    committed({ height, transactions, nonces }) {
      for (const [sender, next] of nonces) {
        const queue = senders.get(sender)
        if (queue && next > queue.next) advance(queue, next)
      }
      for (const { id, sender } of transactions) {
        const next = sender ? nonces.get(sender.key) : undefined
        // One that was skipped for being ahead of its turn keeps waiting for it; one skipped in its turn may come again.
        if (sender && next !== undefined && sender.nonce > next) continue
        const key = bytesKey(id)
        const entry = entries.get(key)
        if (entry) leave(entry)
        if (!sender || next === undefined || sender.nonce < next) recent.set(key, true)
      }
      for (const entry of expiry.expired(height)) leave(entry)
    },

    remove(ids) {
      for (const id of ids) {
        const entry = entries.get(bytesKey(id))
        if (entry) leave(entry)
      }
    },
  }
}

/** A replacement pays at least a tenth more, so that replacing again and again is not a free way to fill the network. */
function outbids({ fee }: DecodedTransaction, standing: Entry): Rejection | undefined {
  const asked = standing.transaction.fee
  if (fee > asked && fee * 10n >= asked * 11n) return undefined
  return { code: 'MEMPOOL_REPLACEMENT_UNDERPAID', detail: `fee ${fee} in place of ${asked}` }
}
