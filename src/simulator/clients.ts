import { transactionId } from '../chain/block.ts'
import type { Hash } from '../crypto/hash.ts'
import { type Bytes, bytesKey } from '../primitives/bytes.ts'
import { rejections } from '../primitives/error-catalogue.ts'
import type { Result } from '../primitives/result.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'
import type { Workload } from './simulated-chain.ts'
import type { SimulatedNode } from './simulated-node.ts'

/** People with transactions: each goes to some node, and to another when it has not become final after a while. */
export interface Clients {
  /** Whether anybody ever submitted this transaction. */
  submitted(id: Hash): boolean
  /** Whether everything that was submitted before `sinceMs`, and is not worthless, is final. */
  served(sinceMs: number): boolean
}

interface Outstanding {
  readonly id: Hash
  readonly encoded: Bytes
  readonly since: number
  triedAt: number
}

const firstAtMs = 300
/** How long a client waits before it turns to another node. */
const patienceMs = 2000
const outstandingMax = 1000

export function createClients(options: {
  readonly scheduler: Scheduler
  readonly random: Random
  readonly nodes: () => readonly SimulatedNode[]
  readonly workload: Workload
  /** Transactions a second. */
  readonly load: number
  readonly isFinal: (id: Hash) => boolean
}): Clients {
  const { scheduler, random, workload, load } = options
  const submitted = new Set<string>()
  const outstanding = new Map<string, Outstanding>()

  /** What a node refuses for good nobody tries again. */
  function submit(transactions: readonly Outstanding[]): void {
    const running = options.nodes().flatMap(({ running, disk }) => (running ? [{ running, disk }] : []))
    for (const transaction of transactions) transaction.triedAt = scheduler.now()
    if (running.length === 0 || transactions.length === 0) return
    const node = random.pick(running)
    const answered = (answers: readonly Result<Hash>[]) => {
      for (const [index, answer] of answers.entries()) {
        const { id } = transactions[index] as Outstanding
        if (!answer.ok && rejections[answer.error.code].verdict === 'reject') outstanding.delete(bytesKey(id))
      }
    }
    node.running.submit(transactions.map(({ encoded }) => encoded)).then(answered, (error: unknown) => {
      // What a damaged disk cannot tell, the API answers with an error; the transaction goes elsewhere.
      if (!node.disk.rotten) throw error
    })
  }

  function another(): void {
    scheduler.after(1000 / load, another)
    if (outstanding.size >= outstandingMax) return
    const encoded = workload()
    const transaction: Outstanding = { id: transactionId(encoded), encoded, since: scheduler.now(), triedAt: 0 }
    submitted.add(bytesKey(transaction.id))
    outstanding.set(bytesKey(transaction.id), transaction)
    submit([transaction])
  }

  function askAgain(): void {
    scheduler.after(patienceMs / 2, askAgain)
    for (const [key, { id }] of outstanding) if (options.isFinal(id)) outstanding.delete(key)
    submit([...outstanding.values()].filter(({ triedAt }) => scheduler.now() - triedAt >= patienceMs))
  }

  if (load > 0) {
    scheduler.after(firstAtMs, another)
    scheduler.after(patienceMs, askAgain)
  }
  return {
    submitted: (id) => submitted.has(bytesKey(id)),
    served: (sinceMs) => [...outstanding.values()].every(({ id, since }) => since >= sinceMs || options.isFinal(id)),
  }
}
