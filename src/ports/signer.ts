import type { Bytes } from '../primitives/bytes.ts'

/** Holds the validator's consensus key (BLS12-381, min-pk). It signs what it is given: the guard against signing twice is the engine's. */
export interface Signer {
  /** 48 bytes. */
  readonly publicKey: Bytes
  /** A 96-byte signature of the message under the vote ciphersuite. */
  sign(message: Bytes): Promise<Bytes>
}
