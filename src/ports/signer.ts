import type { LastSigned, SigningSubject } from '../chain/signing.ts'
import type { Bytes } from '../primitives/bytes.ts'

/**
 * Holds the validator's consensus keys (BLS12-381, min-pk): the one that votes, and the one that may be about to. In this process it
 * signs what it is given, and the guard against signing twice is the engine's; a holder elsewhere has a guard of its own besides.
 */
export interface Signer {
  /**
   * Begins to reach the holder, where it is not this very process. `lastSigned`: what the node knows to be signed, for a holder that
   * knows less. `onReady` is told whenever the holder comes or goes; until it came nothing can be signed.
   */
  open?(ways: { lastSigned(): LastSigned | undefined; onReady(ready: boolean): void }): void
  /** Public keys of 48 bytes that it has at present, the preferred first; none while it cannot be asked. */
  keys(): Promise<readonly Bytes[]>
  /** A 96-byte signature under the vote ciphersuite; `undefined` where the holder refuses, or is gone. */
  sign(wish: SigningWish): Promise<Bytes | undefined>
}

export interface SigningWish {
  readonly key: Bytes
  /** The 32 bytes under the signature. */
  readonly message: Bytes
  /** What they mean, for a holder that computes them itself. */
  readonly subject: SigningSubject
}
