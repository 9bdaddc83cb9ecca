import type { SignatureItem } from '../crypto/verified.ts'

/** Signature checks, on other threads where there are cores for them. Answers stand in the order of the items. */
export interface Verifier {
  ed25519(items: readonly SignatureItem[]): Promise<readonly boolean[]>
  /** Distinct signers, distinct or equal messages, checked together with random coefficients and bisected on failure. */
  bls(items: readonly SignatureItem[]): Promise<readonly boolean[]>
}
