import { type SignatureItem, type Verified, verifyAll } from '../crypto/verified.ts'
import type { PeerId } from '../ports/network.ts'
import type { Verifier } from '../ports/verifier.ts'

/**
 * Consensus messages waiting for their signature check. While one small batch is being checked the next gathers, so that the batch
 * grows with the load and a lone vote waits for nothing. A peer can fill only its own slots.
 */
export interface VerificationQueue<T extends object> {
  /** False when the peer's slots are full: the message is dropped. */
  add(entry: Waiting<T>): boolean
}

export interface Waiting<T extends object> {
  readonly peer: PeerId
  readonly value: T
  readonly signature: SignatureItem
}

const batchMax = 64
const slotsPerPeer = 512

export function createVerificationQueue<T extends object>(
  verifier: Verifier,
  onChecked: (entry: Waiting<T>, verified: Verified<T> | undefined) => void,
  onFailure: (error: unknown) => void,
): VerificationQueue<T> {
  const waiting: Waiting<T>[] = []
  const slots = new Map<PeerId, number>()
  let busy = false

  async function work(): Promise<void> {
    busy = true
    while (waiting.length > 0) {
      const batch = waiting.splice(0, batchMax)
      const answers = await verifyAll(batch, (items) => verifier.bls(items))
      for (const [index, entry] of batch.entries()) {
        release(entry.peer)
        onChecked(entry, answers[index])
      }
    }
    busy = false
  }

  function release(peer: PeerId): void {
    const left = (slots.get(peer) ?? 1) - 1
    if (left === 0) slots.delete(peer)
    else slots.set(peer, left)
  }

  return {
    add(entry) {
      const used = slots.get(entry.peer) ?? 0
      if (used >= slotsPerPeer) return false
      slots.set(entry.peer, used + 1)
      waiting.push(entry)
      if (!busy) work().catch(onFailure)
      return true
    },
  }
}
