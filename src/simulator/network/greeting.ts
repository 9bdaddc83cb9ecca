import type { GreetedConnection, HelloVerdict, NetworkHandlers, PeerId, ProofWanted } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import type { Scheduler } from '../scheduler.ts'

/** One end of a connection that is being made. */
export interface GreetingSide {
  readonly self: PeerId
  readonly handlers: NetworkHandlers
  /** The connection as this side knows it. */
  readonly connection: GreetedConnection
}

interface Promised {
  readonly wanted: boolean
  readonly withinMs: number
  readonly proving: Promise<Bytes> | undefined
}

/**
 * Both hellos, both verdicts, and the proofs they call for. Returns why there is no connection; at once when nobody wants a proof,
 * and otherwise when the last proof has been judged.
 */
export function greet(
  dialler: GreetingSide,
  listener: GreetingSide,
  { scheduler, tripMs }: { readonly scheduler: Scheduler; readonly tripMs: number },
): string | undefined | Promise<string | undefined> {
  const [dialled, listened] = [helloOf(dialler, listener), helloOf(listener, dialler)]
  const theirs = listener.handlers.onHello(dialler.self, dialled, listener.connection)
  if (isRefusal(theirs)) return `refused: ${theirs.reason}`
  const ours = dialler.handlers.onHello(listener.self, listened, dialler.connection)
  if (isRefusal(ours)) return `refused by us: ${ours.reason}`
  const fromDialler = promised(theirs, dialler.handlers.prove?.(listener.self, listened, dialler.connection))
  const fromListener = promised(ours, listener.handlers.prove?.(dialler.self, dialled, listener.connection))
  if (!fromDialler && !fromListener) return undefined
  return Promise.all([
    prove(dialler, listener, fromDialler, 'refused'),
    prove(listener, dialler, fromListener, 'refused by us'),
  ]).then((refusals) => refusals.find((refusal) => refusal !== undefined))

  async function prove(prover: GreetingSide, verifier: GreetingSide, owed: Promised | undefined, refused: string) {
    if (!owed) return undefined
    const proof = await settledWithin(scheduler, owed)
    if (proof === undefined) {
      if (verifier.connection.direction === 'inbound') verifier.handlers.onStranger?.(verifier.connection, 'no proof')
      return `${refused}: no proof within ${owed.withinMs} ms`
    }
    if (typeof proof === 'string') return `cannot prove what is asked for: ${proof}`
    await new Promise<void>((resume) => void scheduler.after(tripMs, resume))
    if (!owed.wanted) {
      verifier.handlers.onMisbehaviour(prover.self, 'a proof that nobody asked for')
      return 'broken rule: a proof that nobody asked for'
    }
    const verdict = verifier.handlers.onProof?.(prover.self, proof.slice(), verifier.connection)
    if (verdict?.accept) return undefined
    return `${refused}: ${verdict?.reason ?? 'no proof is understood here'}`
  }
}

function helloOf(side: GreetingSide, to: GreetingSide): Bytes {
  return side.handlers.hello(to.self, side.connection)
}

function isRefusal(verdict: HelloVerdict | ProofWanted): verdict is Extract<HelloVerdict, { accept: false }> {
  return 'accept' in verdict && !verdict.accept
}

/** Undefined: nothing is wanted, and nothing offered. */
function promised(verdict: HelloVerdict | ProofWanted, proving: Promise<Bytes> | undefined): Promised | undefined {
  const wanted = 'proofWithinMs' in verdict
  if (!wanted && !proving) return undefined
  return { wanted, withinMs: wanted ? verdict.proofWithinMs : unwantedWaitMs, proving }
}

/** How long what nobody wants is waited for, to be called a breach of the rules. */
const unwantedWaitMs = 10_000

/** The proof; why there is none; or `undefined` when the time is over. */
async function settledWithin(scheduler: Scheduler, { proving, withinMs }: Promised): Promise<Bytes | string | undefined> {
  return new Promise((resolve) => {
    const callOff = scheduler.after(withinMs, () => resolve(undefined))
    const settle = (proof: Bytes | string) => {
      callOff()
      resolve(proof)
    }
    proving?.then(settle, (cause: unknown) => settle(cause instanceof Error ? cause.message : String(cause)))
  })
}
