import type { SignatureItem } from '../crypto/verified.ts'
import type { Verifier } from '../ports/verifier.ts'

/** A verifier, and how much waits for it: the one queue of a node that everything from outside has to pass. */
export interface VerifierBacklog {
  readonly verifier: Verifier
  readonly signatures: number
  readonly bytes: number
}

export function createVerifierBacklog(verifier: Verifier): VerifierBacklog {
  let signatures = 0
  let bytes = 0

  async function counted(items: readonly SignatureItem[], check: Verifier['bls']): Promise<readonly boolean[]> {
    const size = items.reduce((sum, { message }) => sum + message.length, 0)
    signatures += items.length
    bytes += size
    try {
      return await check(items)
    } finally {
      signatures -= items.length
      bytes -= size
    }
  }

  return {
    verifier: {
      bls: (items) => counted(items, verifier.bls),
      ed25519: (items) => counted(items, verifier.ed25519),
    },
    get signatures() {
      return signatures
    },
    get bytes() {
      return bytes
    },
  }
}
