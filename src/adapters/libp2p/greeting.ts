/**
 * The greeting of one connection (docs/spec/network.md, "Hello"): each side sends its hello, judges the other's, and sends a verdict.
 * The peer is accepted once both verdicts say so.
 */

import type { HelloVerdict, ProofWanted } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'

/** How verdicts are sent. */
export interface VerdictSender {
  accept(order: bigint): void
  refuse(reason: string): void
  duplicate(): void
}

export interface GreetingOptions {
  readonly control: () => VerdictSender | undefined
  readonly judge: (hello: Bytes) => HelloVerdict | ProofWanted
  /** Asked when the peer's hello is acceptable: its order among accepted connections, or `undefined` for a superfluous one. */
  readonly place: () => bigint | undefined
  readonly onAccepted: () => void
  /** We refused: the peer has been told. */
  readonly onRefusal: (outcome: FailedGreeting) => void
  /** The peer refused. */
  readonly onRefused: (outcome: FailedGreeting) => void
  readonly onViolation: (what: string) => void
}

export interface FailedGreeting {
  readonly kind: 'duplicate' | 'failed'
  readonly reason: string
}

export interface Greeting {
  /** Our own acceptance and the peer's, once given: the counts that order rival connections. */
  readonly ownOrder: bigint | undefined
  readonly peerOrder: bigint | undefined
  onHello(hello: Bytes): void
  onAccepted(order: bigint): void
  onRefused(reason: string): void
  onDuplicate(): void
}

export function createGreeting(options: GreetingOptions): Greeting {
  let heardHello = false
  let ownOrder: bigint | undefined
  let peerOrder: bigint | undefined

  function conclude(): void {
    if (ownOrder !== undefined && peerOrder !== undefined) options.onAccepted()
  }

  return {
    get ownOrder() {
      return ownOrder
    },
    get peerOrder() {
      return peerOrder
    },
    onHello(hello) {
      if (heardHello) return options.onViolation('a second hello')
      heardHello = true
      const verdict = options.judge(hello)
      if ('proofWithinMs' in verdict) return options.onViolation('a proof was wanted')
      if (!verdict.accept) {
        options.control()?.refuse(verdict.reason)
        return options.onRefusal({ kind: 'failed', reason: `its hello was refused: ${verdict.reason}` })
      }
      ownOrder = options.place()
      if (ownOrder === undefined) {
        options.control()?.duplicate()
        return options.onRefusal({ kind: 'duplicate', reason: 'another connection to the peer is kept' })
      }
      options.control()?.accept(ownOrder)
      conclude()
    },
    onAccepted(order) {
      if (peerOrder !== undefined) return options.onViolation('a second verdict on one hello')
      peerOrder = order
      conclude()
    },
    onRefused: (reason) => options.onRefused({ kind: 'failed', reason: `the peer refused: ${reason}` }),
    onDuplicate: () => options.onRefused({ kind: 'duplicate', reason: 'the peer keeps another connection' }),
  }
}
