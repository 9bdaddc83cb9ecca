/**
 * The greeting of one connection (docs/spec/network.md, "Hello"): each side sends its hello, judges the other's, and sends a verdict;
 * where it wants a proof, it sends its verdict on that. The peer is accepted once both verdicts say so.
 */

import { type HelloVerdict, type ProofWanted, provingTimeoutMs } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'

/** How hellos, proofs and verdicts are sent. */
export interface VerdictSender {
  hello(hello: Bytes): void
  proof(proof: Bytes): void
  accept(order: bigint): void
  refuse(reason: string): void
  duplicate(): void
}

export interface GreetingOptions {
  readonly control: () => VerdictSender | undefined
  readonly hello: () => Bytes
  readonly judge: (hello: Bytes) => HelloVerdict | ProofWanted
  /** What this side owes after the peer's hello. */
  readonly prove: (hello: Bytes) => Promise<Bytes> | undefined
  readonly judgeProof: (proof: Bytes) => HelloVerdict
  /** The greeting may last so much longer: one side is at work on a proof. */
  readonly allow: (ms: number) => void
  /** The connection is over, for whatever reason. */
  readonly isOver: () => boolean
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
  /** Says hello: nothing is waited for. */
  begin(): void
  onHello(hello: Bytes): void
  onProof(proof: Bytes): void
  onAccepted(order: bigint): void
  onRefused(reason: string): void
  onDuplicate(): void
}

/** How long a verdict may take once there is nothing left to prove. */
const verdictMs = 2_000

export function createGreeting(options: GreetingOptions): Greeting {
  let heardHello = false
  /** Runs while a proof is awaited. */
  let proofTimer: NodeJS.Timeout | undefined
  let ownOrder: bigint | undefined
  let peerOrder: bigint | undefined

  function conclude(): void {
    if (ownOrder !== undefined && peerOrder !== undefined) options.onAccepted()
  }

  function refuse(what: string, reason: string): void {
    options.control()?.refuse(reason)
    options.onRefusal({ kind: 'failed', reason: `its ${what} was refused: ${reason}` })
  }

  function accept(): void {
    ownOrder = options.place()
    if (ownOrder === undefined) {
      options.control()?.duplicate()
      return options.onRefusal({ kind: 'duplicate', reason: 'another connection to the peer is kept' })
    }
    options.control()?.accept(ownOrder)
    conclude()
  }

  function awaitProof(ms: number): void {
    options.allow(ms + verdictMs)
    proofTimer = setTimeout(() => {
      if (!options.isOver()) refuse('hello', `no proof within ${ms} ms`)
    }, ms).unref()
  }

  function prove(hello: Bytes): void {
    const proving = options.prove(hello)
    if (proving === undefined) return
    options.allow(provingTimeoutMs + verdictMs)
    proving.then(
      (proof) => {
        if (!options.isOver()) options.control()?.proof(proof)
      },
      (cause: unknown) => {
        if (!options.isOver())
          refuse('hello', `cannot prove what it asks for: ${cause instanceof Error ? cause.message : 'unknown'}`)
      },
    )
  }

  return {
    get ownOrder() {
      return ownOrder
    },
    get peerOrder() {
      return peerOrder
    },
    begin: () => options.control()?.hello(options.hello()),
    onHello(hello) {
      if (heardHello) return options.onViolation('a second hello')
      heardHello = true
      const verdict = options.judge(hello)
      if ('accept' in verdict && !verdict.accept) return refuse('hello', verdict.reason)
      if ('proofWithinMs' in verdict) awaitProof(verdict.proofWithinMs)
      else accept()
      if (!options.isOver()) prove(hello)
    },
    onProof(proof) {
      if (proofTimer === undefined) return options.onViolation('a proof that nobody asked for')
      clearTimeout(proofTimer)
      proofTimer = undefined
      const verdict = options.judgeProof(proof)
      if (verdict.accept) accept()
      else refuse('proof', verdict.reason)
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
