import { type SignatureItem, type Verified, verifyAll } from '../crypto/verified.ts'
import type { PeerId } from '../ports/network.ts'
import type { Verifier } from '../ports/verifier.ts'
import { isVerifierBusy } from './verifier-busy.ts'

/**
 * Consensus messages waiting for their signature check. While one small batch is being checked the next gathers, so that the batch
 * grows with the load and a lone vote waits for nothing. A peer can fill only its own slots.
 */
export interface VerificationQueue<E extends Waiting> {
  /** False when the peer's slots are full: the message is dropped. */
  add(entry: E): boolean
  /** The peer is gone: what it left waiting is not worth the work. */
  forget(peer: PeerId): void
}

export interface Waiting {
  readonly peer: PeerId
  readonly value: object
  readonly signature: SignatureItem
  /** What the message costs to hold. */
  readonly bytes: number
}

/** The message with its brand; or it is forged; or nobody knows, since the verifier was busy or the peer is gone. */
export type Checked<T> = Verified<T> | 'forged' | 'unchecked'

const batchMax = 64
export const slotsPerPeer = 512
export const slotBytesPerPeer = 4 << 20

export function createVerificationQueue<E extends Waiting>(
  verifier: Verifier,
  onChecked: (entry: E, checked: Checked<E['value']>) => void,
  onFailure: (error: unknown) => void,
): VerificationQueue<E> {
  let waiting: E[] = []
  const used = new Map<PeerId, { entries: number; bytes: number }>()
  let busy = false

  async function work(): Promise<void> {
    busy = true
    while (waiting.length > 0) {
      const batch = waiting.splice(0, batchMax)
      for (const entry of batch) release(entry)
      const answers = await check(batch)
      for (const [index, entry] of batch.entries()) onChecked(entry, answers ? (answers[index] ?? 'forged') : 'unchecked')
    }
    busy = false
  }

  async function check(batch: readonly E[]): Promise<readonly (Verified<E['value']> | undefined)[] | undefined> {
    try {
      return await verifyAll<E['value']>(batch, (items) => verifier.bls(items))
    } catch (error) {
      if (isVerifierBusy(error)) return undefined
      throw error
    }
  }

  function release({ peer, bytes }: E): void {
    const slots = used.get(peer)
    if (!slots) return
    slots.entries--
    slots.bytes -= bytes
    if (slots.entries === 0) used.delete(peer)
  }

  return {
    add(entry) {
      const slots = used.get(entry.peer) ?? { entries: 0, bytes: 0 }
      if (slots.entries >= slotsPerPeer || slots.bytes + entry.bytes > slotBytesPerPeer) return false
      used.set(entry.peer, { entries: slots.entries + 1, bytes: slots.bytes + entry.bytes })
      waiting.push(entry)
      if (!busy) work().catch(onFailure)
      return true
    },
    forget(peer) {
      const left = waiting.filter((entry) => entry.peer === peer)
      waiting = waiting.filter((entry) => entry.peer !== peer)
      used.delete(peer)
      for (const entry of left) onChecked(entry, 'unchecked')
    },
  }
}
