/** Who may enter the mempool, as far as it can be told without making room. */
import type { DecodedTransaction } from '../application/application.ts'
import type { RejectionCode } from '../primitives/error-catalogue.ts'
import type { Rejection } from '../primitives/result.ts'
import type { Entry, SenderQueue } from './entry.ts'
import type { MempoolLimits } from './mempool-limits.ts'
import { entryAt, isReachable, queueSize } from './sender-queue.ts'
import type { WaitingSet } from './waiting-set.ts'

/** Why the transaction may not enter, whoever its sender is. */
export function refusalOf(
  { encoded, expiryHeight }: DecodedTransaction,
  { height, source }: { readonly height: number; readonly source: string },
  waiting: WaitingSet,
  limits: MempoolLimits,
): Rejection | undefined {
  if (expiryHeight <= height) return refusal('TX_EXPIRED', `valid up to height ${expiryHeight}, the latest block has ${height}`)
  if (encoded.length > limits.bytes) return refusal('MEMPOOL_FULL', `${encoded.length} bytes`)
  if (source !== 'local' && waiting.broughtBy(source) >= limits.perPeer) {
    return refusal('MEMPOOL_PEER_LIMIT', `${limits.perPeer} transactions`)
  }
  return undefined
}

/** Why it may not enter its sender's queue, in which `standing` has the same nonce. */
export function queueRefusalOf(
  transaction: DecodedTransaction,
  queue: SenderQueue,
  funds: bigint | undefined,
  waiting: WaitingSet,
  limits: MempoolLimits,
): Rejection | undefined {
  const nonce = transaction.sender?.nonce ?? 0
  if (nonce < queue.next) return refusal('TX_NONCE_TOO_LOW', `nonce ${nonce}, the next is ${queue.next}`)
  const standing = entryAt(queue, nonce)
  if (standing && !outbids(transaction, standing)) {
    return refusal('MEMPOOL_REPLACEMENT_UNDERPAID', `fee ${transaction.fee} in place of ${standing.transaction.fee}`)
  }
  const spends = queue.spends + (transaction.spends ?? 0n) - (standing?.transaction.spends ?? 0n)
  if (funds !== undefined && spends > funds) {
    return refusal('TX_INSUFFICIENT_BALANCE', `with what waits already ${spends}, the balance is ${funds}`)
  }
  if (standing) return undefined
  if (queueSize(queue) >= limits.perSender || nonce - queue.next >= limits.perSender) {
    return refusal('MEMPOOL_SENDER_LIMIT', `${limits.perSender} transactions`)
  }
  // What is behind a gap takes a free place, never another's.
  const free = waiting.size < limits.transactions && waiting.bytes + transaction.encoded.length <= limits.bytes
  return free || isReachable(queue, nonce) ? undefined : refusal('MEMPOOL_FULL', 'behind a gap')
}

/** A replacement pays at least a tenth more, so that replacing again and again is not a free way to fill the network. */
function outbids({ fee }: DecodedTransaction, { transaction }: Entry): boolean {
  return fee > transaction.fee && fee * 10n >= transaction.fee * 11n
}

function refusal(code: RejectionCode, detail: string): Rejection {
  return { code, detail }
}
